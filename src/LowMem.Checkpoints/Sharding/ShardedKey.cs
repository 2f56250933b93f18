namespace LowMem.Checkpoints.Sharding;

/// <summary>A tensor that is to be split, and the name by which rules know it.</summary>
/// <param name="Name">The key that the user sees: without a prefix, and renamed.</param>
/// <param name="Tensor">The tensor, as it is listed.</param>
public sealed record ShardedKey(string Name, TensorInfo Tensor)
{
    /// <summary>The shape of what is split when that is not the tensor as it is stored, but the numbers that it stands for; else null.</summary>
    internal IReadOnlyList<long>? NumberShape { get; init; }

    /// <summary>The shape of what is split.</summary>
    internal IReadOnlyList<long> Shape => NumberShape ?? Tensor.Shape;
}
