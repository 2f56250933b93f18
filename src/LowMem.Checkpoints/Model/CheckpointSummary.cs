using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints;

/// <summary>The figures of one checkpoint.</summary>
public sealed record CheckpointSummary
{
    /// <summary>The path that was asked for.</summary>
    public required string Path { get; init; }

    /// <summary>The format, one of <see cref="CheckpointFormats"/>.</summary>
    public required string Format { get; init; }

    /// <summary>The version the file states, or null.</summary>
    public string? FormatVersion { get; init; }

    /// <summary>The number of keys that name a tensor.</summary>
    public required long TensorCount { get; init; }

    /// <summary>The number of elements of all tensors; elements that several keys share count once, in whatever order they come.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>The bytes of all distinct storages.</summary>
    public required long ByteLength { get; init; }

    /// <summary>The bytes of all files on disk.</summary>
    public required long FileLength { get; init; }

    /// <summary>How many tensors there are of each element type.</summary>
    public required IReadOnlyDictionary<string, long> DTypes { get; init; }

    /// <summary>How many shards there are; 0 when the checkpoint is one file.</summary>
    public required int ShardCount { get; init; }

    /// <summary>Every global the pickles name.</summary>
    public required IReadOnlyList<string> Globals { get; init; }

    /// <summary>Those that are not known to be inert; nothing bad is known of them, either.</summary>
    public required IReadOnlyList<string> UnknownGlobals { get; init; }

    /// <summary>Those that could run code or reach outside the file.</summary>
    public required IReadOnlyList<string> UnsafeGlobals { get; init; }

    /// <summary>
    /// Whether a current PyTorch's <c>torch.load(weights_only=True)</c> takes the file; null when it is no file of
    /// <c>torch.load</c>, such as safetensors.
    /// </summary>
    public bool? WeightsOnly { get; init; }

    /// <summary>The leaves that are not tensors: epoch, learning rate, ... .</summary>
    public required IReadOnlyDictionary<string, object?> Values { get; init; }

    /// <summary>The free-form text that the file or index carries.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>One line for a log, harmless whatever the path is.</summary>
    public override string ToString() => $"{DisplayText.Line(Path)}: {Format}, {TensorCount} tensors";

    internal static CheckpointSummary Of(Checkpoint checkpoint)
    {
        var figures = TensorFigures.Of(checkpoint.Tensors, new StorageBytes(checkpoint.Tensors));
        return new CheckpointSummary
        {
            Path = checkpoint.Path,
            Format = checkpoint.Format,
            FormatVersion = checkpoint.FormatVersion,
            TensorCount = checkpoint.Tensors.Count,
            ParameterCount = figures.ParameterCount,
            ByteLength = figures.ByteLength,
            FileLength = checkpoint.Files.Sum(file => file.Length),
            DTypes = figures.DTypes,
            ShardCount = checkpoint.ShardCount,
            // Arrays: PowerShell cannot index the lists that the compiler makes of collection expressions.
            Globals = checkpoint.Globals.ToArray(),
            UnknownGlobals = checkpoint.UnknownGlobals.ToArray(),
            UnsafeGlobals = checkpoint.UnsafeGlobals.ToArray(),
            WeightsOnly = checkpoint.WeightsOnly,
            Values = checkpoint.Values,
            Metadata = checkpoint.Metadata,
        };
    }
}
