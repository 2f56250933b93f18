using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory.Prefetch;

namespace LowMem.Loader.Import.Binding;

/// <summary>What an import did, and what it cost.</summary>
public sealed record LoadReport
{
    /// <summary>The path of the checkpoint, as it was asked for.</summary>
    public required string Path { get; init; }

    /// <summary><c>Mapped</c> or <c>Resident</c>; see <see cref="ImportModes"/>.</summary>
    public required string Mode { get; init; }

    /// <summary>What the checkpoint's keys have in front of the module's, with its dot; empty when nothing.</summary>
    public required string Prefix { get; init; }

    /// <summary>Which shard of the model was loaded, such as <c>3/8</c>; null when all of it was.</summary>
    public string? Shard { get; init; }

    /// <summary>How many tensors of the checkpoint were split for it.</summary>
    public int SplitCount { get; init; }

    /// <summary>The module's keys of which this shard has nothing, because there are more shards than indices.</summary>
    public string[] EmptyKeys { get; init; } = [];

    /// <summary>The device the values are on.</summary>
    public required string Device { get; init; }

    /// <summary>How many parameters and buffers were bound; names for one tensor count once.</summary>
    public required int TensorCount { get; init; }

    /// <summary>How many of them lie in the mapped file, used where they are.</summary>
    public required int MappedCount { get; init; }

    /// <summary>How many of them were copied into memory.</summary>
    public required int CopiedCount { get; init; }

    /// <summary>The bytes that lie in the mapped file.</summary>
    public required long MappedBytes { get; init; }

    /// <summary>The bytes that were copied into memory.</summary>
    public required long CopiedBytes { get; init; }

    /// <summary>What reads the mapped pages in the background; null unless that was asked for and something is mapped.</summary>
    public PagePrefetch? Prefetch { get; init; }

    /// <summary>The module's keys that the checkpoint lacks; empty unless that was allowed.</summary>
    public required string[] MissingKeys { get; init; }

    /// <summary>
    /// The module's counters of batches that the checkpoint lacks and that are 0 now, as in PyTorch: files before 0.4.1 do not have
    /// them.
    /// </summary>
    public string[] ZeroKeys { get; init; } = [];

    /// <summary>What is wrong with the checkpoint and was let pass, because it may be missing; see also <see cref="MissingKeys"/>.</summary>
    public CheckpointFinding[] Faults { get; init; } = [];

    /// <summary>
    /// What else in the checkpoint could have been the model, by its prefix: moving averages, other networks. Empty when a prefix or
    /// a module said which is meant.
    /// </summary>
    public string[] OtherPrefixes { get; init; } = [];

    /// <summary>How many tensors of the checkpoint lie outside of the prefix, such as those of an optimizer.</summary>
    public int OutsideCount { get; init; }

    /// <summary>The checkpoint's keys that the module lacks; empty unless that was allowed.</summary>
    public required string[] UnexpectedKeys { get; init; }

    /// <summary>The module's keys that have another shape in the checkpoint; empty unless that was allowed.</summary>
    public required string[] ShapeMismatchKeys { get; init; }

    /// <summary>How many keys of the checkpoint a key map gave another name.</summary>
    public required int RenamedCount { get; init; }

    /// <summary>How many keys of the checkpoint a key map left out.</summary>
    public required int LeftOutCount { get; init; }

    /// <summary>The module's keys whose values were cast to another element type.</summary>
    public required string[] CastKeys { get; init; }

    /// <summary>The module's keys that were given the initial values of their layers.</summary>
    public string[] InitializedKeys { get; init; } = [];

    /// <summary>
    /// The module's keys that are still on meta, without values: missing ones, and buffers that are no part of a state
    /// dict, whose values the module's own code has to compute.
    /// </summary>
    public required string[] MetaKeys { get; init; }

    /// <summary>How long it took, from the checks to the last binding.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The private bytes of the process before anything was made; see <see cref="Memory.ProcessMemory"/>.</summary>
    public required long PrivateBytesBefore { get; init; }

    /// <summary>The private bytes afterwards.</summary>
    public required long PrivateBytesAfter { get; init; }

    /// <summary>The most private bytes seen meanwhile.</summary>
    public required long PrivateBytesPeak { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Mode} from {DisplayText.Line(Path)}";
}
