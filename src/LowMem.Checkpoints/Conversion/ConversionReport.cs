namespace LowMem.Checkpoints.Conversion;

/// <summary>What a conversion has written.</summary>
public sealed record ConversionReport
{
    /// <summary>The file that was written, or the index of several.</summary>
    public required string Path { get; init; }

    /// <summary>What was converted.</summary>
    public required string Source { get; init; }

    /// <summary>The format.</summary>
    public required ConversionFormat Format { get; init; }

    /// <summary>The full paths of the files that hold tensors, shards in order.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>How many tensors were written; those with the values of another among them.</summary>
    public required int TensorCount { get; init; }

    /// <summary>How many of them were cast.</summary>
    public required int CastCount { get; init; }

    /// <summary>How many of them have the values of another, which were written once.</summary>
    public required int TiedCount { get; init; }

    /// <summary>Which shard of the checkpoint was written, such as <c>3/8</c>; null when all of it was.</summary>
    public string? Shard { get; init; }

    /// <summary>How many tensors were split for it.</summary>
    public int SplitCount { get; init; }

    /// <summary>The keys of which this shard has nothing, because there are more shards than chunks.</summary>
    public IReadOnlyList<string> EmptyKeys { get; init; } = [];

    /// <summary>The bytes of all files.</summary>
    public required long ByteLength { get; init; }

    /// <summary>How many files were there already, of an earlier conversion that was killed.</summary>
    public required int ResumedCount { get; init; }

    /// <summary>Whether all of it was read back and compared.</summary>
    public required bool Verified { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }
}
