namespace LowMem.Checkpoints;

/// <summary>The bytes of one storage in a file.</summary>
/// <param name="Offset">Where the first byte is, from the start of the file; -1 when compressed or not there.</param>
/// <param name="ByteLength">The number of bytes.</param>
/// <param name="IsBigEndian">True when elements are stored with their most significant byte first.</param>
internal sealed record StorageExtent(long Offset, long ByteLength, bool IsBigEndian = false);
