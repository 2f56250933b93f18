namespace LowMem.Checkpoints;

/// <summary>The bytes of one storage.</summary>
/// <param name="Offset">Where the first byte is, from the start of the file; -1 when it cannot be addressed there.</param>
/// <param name="ByteLength">The number of bytes.</param>
/// <param name="IsBigEndian">True when elements are stored with their most significant byte first.</param>
internal sealed record StorageExtent(long Offset, long ByteLength, bool IsBigEndian = false)
{
    /// <summary>The bytes themselves, when they came with the description; else null.</summary>
    public ReadOnlyMemory<byte>? Content { get; init; }

    /// <summary>Where the deflated bytes are, when the storage is compressed; else null.</summary>
    public (long Offset, long Length)? Deflated { get; init; }
}
