namespace LowMem.Checkpoints;

/// <summary>The bytes of one storage.</summary>
/// <param name="Offset">Where the first byte is, from the start of the file; -1 when it cannot be addressed there.</param>
/// <param name="ByteLength">The number of bytes.</param>
/// <param name="IsBigEndian">True when elements are stored with their most significant byte first.</param>
internal sealed record StorageExtent(long Offset, long ByteLength, bool IsBigEndian = false)
{
    private readonly Unaddressable? unaddressable;

    /// <summary>The bytes themselves, when they came with the description; else null.</summary>
    public ReadOnlyMemory<byte>? Content
    {
        get => unaddressable?.Content;
        init => unaddressable = Unaddressable.Of(value, Deflated);
    }

    /// <summary>Where the deflated bytes are, when the storage is compressed; else null.</summary>
    public (long Offset, long Length)? Deflated
    {
        get => unaddressable?.Deflated;
        init => unaddressable = Unaddressable.Of(Content, value);
    }

    /// <summary>What few storages have: there are as many of them as tensors.</summary>
    private sealed record Unaddressable(ReadOnlyMemory<byte>? Content, (long Offset, long Length)? Deflated)
    {
        public static Unaddressable? Of(ReadOnlyMemory<byte>? content, (long Offset, long Length)? deflated) =>
            content is null && deflated is null ? null : new Unaddressable(content, deflated);
    }
}

/// <summary>A storage that a file holds, whether or not a tensor uses it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Key">The name by which tensors know it, as <see cref="TensorInfo.StorageKey"/>.</param>
/// <param name="ByteLength">Its size.</param>
internal sealed record StoredStorage(string Path, string Key, long ByteLength);

/// <summary>A zip archive that is a part of a file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Offset">Where the archive starts in it.</param>
/// <param name="Length">The bytes it takes.</param>
internal sealed record ArchivePlace(string Path, long Offset, long Length);
