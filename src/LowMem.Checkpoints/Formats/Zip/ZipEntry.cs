namespace LowMem.Checkpoints.Formats.Zip;

/// <summary>One entry of a zip archive, as its central directory describes it.</summary>
/// <param name="Name">The full name inside the archive.</param>
/// <param name="Method">0 stored, 8 deflated, else not read here.</param>
/// <param name="Flags">The general purpose bits; bit 0 means encrypted.</param>
/// <param name="Crc32">The CRC-32 of the content; PyTorch can leave 0 for "not computed".</param>
/// <param name="CompressedLength">The bytes in the file.</param>
/// <param name="Length">The bytes of content.</param>
/// <param name="HeaderOffset">Where the local header is.</param>
internal sealed record ZipEntry(
    string Name, int Method, int Flags, uint Crc32, long CompressedLength, long Length, long HeaderOffset)
{
    public const int Stored = 0;
    public const int Deflated = 8;

    private const long MostUnfolded = 64 << 20;

    /// <summary>Deflate cannot shrink by more than about 1032 to 1: a larger claim is a lie.</summary>
    public bool ClaimsTooMuch => Length / 1032 > CompressedLength;

    /// <summary>
    /// More than any storage of an honest file needs that is read whole into memory: it would cost as much as a file of
    /// that size, and comes in one of a thousandth of it.
    /// </summary>
    public bool IsBomb => Length > Math.Max(MostUnfolded, 16 * CompressedLength);

    public bool IsEncrypted => (Flags & 1) != 0;
}
