namespace LowMem.Checkpoints.Parts.Records;

/// <summary>What a part hashed for the manifest of a checkpoint.</summary>
internal sealed record ManifestRecord
{
    /// <summary>The format of the checkpoint.</summary>
    public required string Format { get; init; }

    /// <summary>Where the manifest is to be written.</summary>
    public required string Output { get; init; }

    /// <summary>How many files there are in all.</summary>
    public required int FileCount { get; init; }

    /// <summary>How many tensors there are in all.</summary>
    public required int TensorCount { get; init; }

    /// <summary>The bytes read.</summary>
    public required long BytesRead { get; init; }

    /// <summary>The files that were hashed here.</summary>
    public required List<FileHashRecord> Files { get; init; }

    /// <summary>The tensors that were hashed here.</summary>
    public required List<TensorHashRecord> Tensors { get; init; }
}

/// <summary>A file, and its place among all.</summary>
internal sealed record FileHashRecord(int Index, string Path, long Length, string Sha256);

/// <summary>A tensor, and its place among all.</summary>
internal sealed record TensorHashRecord(int Index, string Key, string DType, long[] Shape, string? Sha256);
