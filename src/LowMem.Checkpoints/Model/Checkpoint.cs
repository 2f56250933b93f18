using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints;

/// <summary>What is in a checkpoint: tensors, values and the globals it names. Holds no file open.</summary>
public sealed record Checkpoint
{
    /// <summary>The path that was asked for.</summary>
    public required string Path { get; init; }

    /// <summary>The format, one of <see cref="CheckpointFormats"/>; that of the shards when sharded.</summary>
    public required string Format { get; init; }

    /// <summary>The version the file states, or null.</summary>
    public string? FormatVersion { get; init; }

    /// <summary>The tensors, in the order of the file.</summary>
    public required IReadOnlyList<TensorInfo> Tensors { get; init; }

    /// <summary>The leaves that are not tensors, by key.</summary>
    public IReadOnlyDictionary<string, object?> Values { get; init; } = new OrderedDictionary<string, object?>();

    /// <summary>Every global the pickles name, as <c>module.name</c>, sorted.</summary>
    public IReadOnlyList<string> Globals { get; init; } = [];

    /// <summary>Those of <see cref="Globals"/> that are not known to be inert; nothing bad is known of them, either.</summary>
    public IReadOnlyList<string> UnknownGlobals { get; init; } = [];

    /// <summary>Where each of <see cref="UnknownGlobals"/> stands and what is done with it.</summary>
    internal IReadOnlyList<NamedGlobal> UnknownUses { get; init; } = [];

    /// <summary>Those of <see cref="Globals"/> that could run code or reach outside the file.</summary>
    public IReadOnlyList<string> UnsafeGlobals { get; init; } = [];

    /// <summary>
    /// Whether a current PyTorch's <c>torch.load(weights_only=True)</c> takes the file, without anything that a program allows by
    /// itself; null when it is no file of <c>torch.load</c>: safetensors, TorchSharp, distributed checkpoints.
    /// </summary>
    public bool? WeightsOnly => WeightsOnlyAnswer?.IsAccepted;

    /// <summary>The same with the reason.</summary>
    internal WeightsOnlyAnswer? WeightsOnlyAnswer { get; init; }

    /// <summary>The free-form text that the file or index carries.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new OrderedDictionary<string, string>();

    /// <summary>The files that were read, shards in order, as they were when they were read.</summary>
    public required IReadOnlyList<CheckpointFile> Files { get; init; }

    /// <summary>The shard index that was read, in a list of one; empty when there is none.</summary>
    internal IReadOnlyList<CheckpointFile> IndexFiles { get; init; } = [];

    /// <summary>Everything that was read to list the checkpoint: its files, and the index that names them.</summary>
    internal IEnumerable<CheckpointFile> AllFiles => Files.Concat(IndexFiles);

    /// <summary>Whether it is an archive whose records are files of their own.</summary>
    internal bool IsUnpacked { get; init; }

    /// <summary>The names of the files of a distributed checkpoint that are in other places; none unless that was allowed for.</summary>
    internal IReadOnlyList<string> Elsewhere { get; init; } = [];

    /// <summary>The archives that are parts of <see cref="Files"/>; none when each file is a whole of its own.</summary>
    internal IReadOnlyList<ArchivePlace> Archives { get; init; } = [];

    /// <summary>The storages that the files hold, told as they are asked for; none where tensors are all that there is.</summary>
    internal IEnumerable<StoredStorage> Storages { get; init; } = [];

    /// <summary>How many shards there are; 0 when the checkpoint is one file.</summary>
    public int ShardCount { get; init; }

    /// <summary>
    /// The versions from 2 on that PyTorch notes for the classes of modules beside a state dict, by the full key of the module
    /// (<c>model_state_dict.bn1</c>); empty where none are noted, as in files of PyTorch before 0.4.1 and in other formats.
    /// </summary>
    public IReadOnlyDictionary<string, long> ModuleVersions { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, long>.Empty;

    /// <summary>The keys of those of the <see cref="Values"/> that are no texts of the checkpoint but what is said of an object.</summary>
    internal IReadOnlySet<string> DescribedKeys { get; init; } = System.Collections.Frozen.FrozenSet<string>.Empty;

    /// <summary>The state dicts in a pickle, with all that PyTorch notes beside their tensors; none in other formats.</summary>
    internal IReadOnlyList<StateDictNotes> StateDicts { get; init; } = [];

    /// <summary>The keys that a shard index names and no shard holds; empty when nothing is missing, or there is no index.</summary>
    public IReadOnlyList<string> MissingKeys { get; init; } = [];

    /// <summary>What was noticed while reading, errors among it; a tensor at fault is listed and cannot be read.</summary>
    public IReadOnlyList<CheckpointFinding> Findings { get; init; } = [];

    /// <summary>
    /// The names of <see cref="UnsafeGlobals"/> for a message: the first few, each cut to a bounded length, and without
    /// the control characters by which a file could write to the terminal that shows it.
    /// </summary>
    public string DescribeUnsafeGlobals() => Describe(UnsafeGlobals);

    /// <summary>The names of <see cref="UnknownGlobals"/> for a message, in the same way.</summary>
    public string DescribeUnknownGlobals() => Describe(UnknownGlobals);

    private static string Describe(IReadOnlyList<string> globals)
    {
        const int most = 10;
        string names = string.Join(", ", globals.Take(most).Select(DisplayText.Name));
        return globals.Count > most ? $"{names} and {globals.Count - most} more" : names;
    }

    /// <summary>
    /// The same without the tensors that a state dict leaves out (<see cref="TensorInfo.IsAttribute"/>), which no module asks
    /// for; as it is when there would be none left.
    /// </summary>
    public Checkpoint WithoutAttributes()
    {
        if (!Tensors.Any(tensor => tensor.IsAttribute))
        {
            return this;
        }

        TensorInfo[] others = [.. Tensors.Where(tensor => !tensor.IsAttribute)];
        return others.Length == 0 ? this : this with { Tensors = others };
    }

    /// <summary>Whether to write to a path would replace a file that was read to open the checkpoint, its index among them.</summary>
    /// <param name="output">The path to write to.</param>
    public bool IsReplacedBy(string output) =>
        OutputPath.IsAmong(output, AllFiles.Select(file => file.Path).Append(Path));

    /// <summary>The figures of the whole checkpoint.</summary>
    public CheckpointSummary GetSummary() => CheckpointSummary.Of(this);
}
