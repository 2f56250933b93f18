using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Loader.Estimates;

/// <summary>What loading a checkpoint would need, worked out from its description alone.</summary>
public sealed record MemoryEstimate
{
    /// <summary>The path of the checkpoint, as it was asked for.</summary>
    public required string Path { get; init; }

    /// <summary>What the checkpoint's keys have in front of the module's, with its dot; empty when nothing.</summary>
    public required string Prefix { get; init; }

    /// <summary>How many parameters and buffers would be loaded.</summary>
    public required int TensorCount { get; init; }

    /// <summary>The bytes that their values take in the module, elements that several share once.</summary>
    public required long ModelBytes { get; init; }

    /// <summary>The bytes of all files of the checkpoint.</summary>
    public required long BytesOnDisk { get; init; }

    /// <summary>The tensor that takes the most memory; null when there is none.</summary>
    public required LargestTensor? LargestTensor { get; init; }

    /// <summary>
    /// The usual way: a module with values of its own, the whole state dict beside it, and one copied over the other.
    /// </summary>
    public required ModeEstimate Naive { get; init; }

    /// <summary>Every value copied once, straight into its place.</summary>
    public required ModeEstimate Resident { get; init; }

    /// <summary>The file mapped; only what cannot be used where it is, or changes its type, is copied.</summary>
    public required ModeEstimate Mapped { get; init; }

    /// <summary>
    /// The bytes that a load could have: those of the machine, or of a cgroup or an address space that allow less, without what
    /// libtorch takes to start, if it has not, and without a margin of 32 MiB.
    /// </summary>
    public required long MemoryAvailable { get; init; }

    /// <summary><c>Mapped</c> or <c>Resident</c>, as <see cref="Import.Planning.ImportModes"/> has them; null when neither fits.</summary>
    public required string? AdvisedMode { get; init; }

    /// <summary>Why that one.</summary>
    public required string Advice { get; init; }

    /// <summary>The keys that are not counted because the checkpoint lacks them; empty unless that was allowed.</summary>
    public string[] MissingKeys { get; init; } = [];

    /// <summary>What is wrong with the checkpoint and was let pass, because it may be missing.</summary>
    public CheckpointFinding[] Faults { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"{DisplayText.Line(Path)}: {AdvisedMode ?? "does not fit"}. {DisplayText.Line(Advice)}";
}
