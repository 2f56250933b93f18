using LowMem.Checkpoints.Formats.PyTorch.Storages;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>What the arguments of a rebuild function say about a tensor, before its storage is looked at.</summary>
internal sealed record TensorDescription
{
    public required DType? Type { get; init; }

    public required long[] Shape { get; init; }

    /// <summary>Null means row-major without gaps.</summary>
    public long[]? Stride { get; init; }

    /// <summary>In elements of the storage.</summary>
    public long StorageOffset { get; init; }

    /// <summary>Null when the tensor has no single storage.</summary>
    public Pickle.PicklePersistentId? StorageId { get; init; }

    /// <summary>The bytes of a tensor that was pickled with them; else null.</summary>
    public ResolvedStorage? Content { get; init; }

    public bool RequiresGrad { get; init; }

    public string Layout { get; init; } = TensorLayouts.Strided;

    public bool IsConjugated { get; init; }

    public bool IsNegated { get; init; }

    public TensorQuantization? Quantization { get; init; }

    /// <summary>The tensors that this one is made of; they have none themselves.</summary>
    public IReadOnlyList<(string Name, TensorDescription Tensor)> Components { get; init; } = [];

    public string? UnreadableReason { get; init; }
}

/// <summary>One tensor is at fault; it becomes a finding, and the other tensors go on.</summary>
internal sealed class TensorProblemException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
