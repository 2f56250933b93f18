using System.Buffers.Binary;

namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>
/// Reads local headers, and what is in front of them, with one read for each record at most: behind a large record no more
/// than its header is wanted, and small ones lie so close together that one read brings many.
/// </summary>
internal sealed class ZipHeaderWindow(ZipArchive archive)
{
    /// <summary>The bytes of a local header in front of its name.</summary>
    public const int FixedLength = 30;

    private const int NearLength = 512;
    private const int WindowLength = 64 << 10;
    private const int SmallRecord = 4096;

    private ReadOnlyMemory<byte> window;
    private long windowOffset;
    private bool isDense = true;

    /// <summary>A local header.</summary>
    /// <param name="Fixed">Its first 30 bytes.</param>
    /// <param name="Extra">Its extra fields.</param>
    /// <param name="DataOffset">Where the content starts.</param>
    internal readonly record struct Header(ReadOnlyMemory<byte> Fixed, ReadOnlyMemory<byte> Extra, long DataOffset);

    /// <summary>The header of an entry; null when there is none, or it runs into the directory.</summary>
    public Header? Read(ZipEntry entry)
    {
        var (_, compressedLength, offset) = entry.GetSizes();
        if (offset > archive.DirectoryOffset - FixedLength)
        {
            return null;
        }

        isDense = compressedLength < SmallRecord;
        var header = ReadBehind(offset, FixedLength);
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header.Span[26..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header.Span[28..]);
        int length = FixedLength + nameLength + extraLength;
        if (!header.Span.StartsWith("PK\u0003\u0004"u8) || length > archive.DirectoryOffset - offset)
        {
            return null;
        }

        header = ReadBehind(offset, length);
        archive.Remember(entry, header.Span[..(FixedLength + nameLength)]);
        return new Header(header[..FixedLength], header[(FixedLength + nameLength)..length], offset + length);
    }

    /// <summary>Bytes that no record before them has.</summary>
    /// <param name="offset">Where they are.</param>
    /// <param name="length">How many.</param>
    public ReadOnlyMemory<byte> ReadBehind(long offset, long length)
    {
        long place = offset - windowOffset;
        if (place < 0 || place + length > window.Length)
        {
            long wanted = Math.Max(length, isDense ? WindowLength : NearLength);
            window = archive.File.ReadRange(offset, Math.Min(wanted, Math.Max(length, archive.DirectoryOffset - offset)), "the headers of the archive");
            (windowOffset, place) = (offset, 0);
        }

        return window.Slice((int)place, (int)length);
    }
}
