using System.Globalization;

namespace LowMem.Checkpoints.Sharding;

/// <summary>What becomes of a tensor when a model is split: each rank has a slice of it, or all of it.</summary>
/// <param name="Dimension">The dimension that is split; from the end when it is negative, as in PyTorch. Null when the tensor stays whole.</param>
public sealed record ShardPlacement(int? Dimension)
{
    /// <summary>Every rank has all of it.</summary>
    public static ShardPlacement Replicate { get; } = new((int?)null);

    /// <summary>The dimension of a tensor that is split, from 0; null when it stays whole or has no such dimension.</summary>
    /// <param name="dimensions">How many dimensions the tensor has.</param>
    internal int? Find(int dimensions) =>
        Dimension is { } dimension && dimension >= -dimensions && dimension < dimensions ? (dimension < 0 ? dimension + dimensions : dimension) : null;

    /// <inheritdoc/>
    public override string ToString() => Dimension is { } dimension ? $"Shard({dimension.ToString(CultureInfo.InvariantCulture)})" : nameof(Replicate);
}
