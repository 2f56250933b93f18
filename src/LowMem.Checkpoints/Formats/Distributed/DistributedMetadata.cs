namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>What the file <c>.metadata</c> of a distributed checkpoint says.</summary>
/// <param name="Version">The version it states, or null.</param>
/// <param name="Entries">The names, in the order of the file.</param>
/// <param name="Places">Where the pieces are.</param>
internal sealed record DistributedMetadata(
    string? Version, IReadOnlyList<DistributedEntry> Entries, IReadOnlyDictionary<PlaceKey, ChunkPlace> Places);

/// <summary>One name of a distributed checkpoint.</summary>
/// <param name="Key">The fully qualified name.</param>
/// <param name="Tensor">What is said about it when it is a tensor; null for anything else, which is kept as a pickle.</param>
/// <param name="Problem">Why the description cannot be used, or null.</param>
internal sealed record DistributedEntry(string Key, DistributedTensor? Tensor, string? Problem = null);

/// <summary>What is said about a tensor: <c>TensorStorageMetadata</c>.</summary>
/// <param name="Type">The element type.</param>
/// <param name="RequiresGrad">Whether it wants a gradient.</param>
/// <param name="Shape">The shape of the whole.</param>
/// <param name="Chunks">Its pieces.</param>
internal sealed record DistributedTensor(DType Type, bool RequiresGrad, long[] Shape, IReadOnlyList<ChunkBox> Chunks);

/// <summary>What the place of a piece is found by: <c>MetadataIndex</c>. Offsets are compared one by one.</summary>
/// <param name="Key">The fully qualified name.</param>
/// <param name="Offsets">Where the piece starts in its tensor; null for something that is no tensor.</param>
internal readonly record struct PlaceKey(string Key, long[]? Offsets)
{
    public bool Equals(PlaceKey other) =>
        string.Equals(Key, other.Key, StringComparison.Ordinal)
        && (Offsets is null
            ? other.Offsets is null
            : other.Offsets is not null && Offsets.AsSpan().SequenceEqual(other.Offsets));

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Key, StringComparer.Ordinal);
        foreach (long offset in Offsets ?? [])
        {
            hash.Add(offset);
        }

        return hash.ToHashCode();
    }
}

/// <summary>Where a piece is kept: <c>_StorageInfo</c> of torch/distributed/checkpoint/filesystem.py.</summary>
/// <param name="File">The name of the file, relative to the directory of the checkpoint.</param>
/// <param name="Offset">Where the piece starts in it.</param>
/// <param name="Length">The bytes it takes.</param>
internal sealed record ChunkPlace(string File, long Offset, long Length)
{
    /// <summary>What was done to the bytes when they were written (compressed, ...), or null.</summary>
    public string? Transform { get; init; }
}

/// <summary>The rectangle that a piece covers: <c>ChunkStorageMetadata</c>.</summary>
/// <param name="Offsets">Where it starts, for each dimension.</param>
/// <param name="Sizes">How far it goes, for each dimension.</param>
internal sealed record ChunkBox(long[] Offsets, long[] Sizes)
{
    public bool IsEmpty => Sizes.Contains(0);

    public bool Overlaps(ChunkBox other)
    {
        for (int i = 0; i < Sizes.Length; i++)
        {
            if (Offsets[i] + Sizes[i] <= other.Offsets[i] || other.Offsets[i] + other.Sizes[i] <= Offsets[i])
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString() => $"[{string.Join(", ", Sizes)}] at [{string.Join(", ", Offsets)}]";
}
