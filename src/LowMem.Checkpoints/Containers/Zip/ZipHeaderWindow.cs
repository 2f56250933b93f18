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

    public const int NearLength = 512;
    private const int WindowLength = 64 << 10;
    private const int SmallRecord = 4096;

    private readonly byte[] buffer = new byte[WindowLength];
    private ReadOnlyMemory<byte> window;
    private long windowOffset;
    private bool isDense = true;

    /// <summary>A local header.</summary>
    /// <param name="Fixed">Its first 30 bytes.</param>
    /// <param name="Extra">Its extra fields.</param>
    /// <param name="DataOffset">Where the content starts.</param>
    internal readonly record struct Header(ReadOnlyMemory<byte> Fixed, ReadOnlyMemory<byte> Extra, long DataOffset);

    /// <summary>The header of an entry, until the next is asked for; null when there is none, or it runs into the directory.</summary>
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

    /// <summary>Bytes that no record before them has. They stand there until the next ones are asked for.</summary>
    /// <param name="offset">Where they are.</param>
    /// <param name="length">How many.</param>
    public ReadOnlyMemory<byte> ReadBehind(long offset, long length)
    {
        long place = offset - windowOffset;
        if (place < 0 || place + length > window.Length)
        {
            const string what = "the headers of the archive";
            long wanted = Math.Min(Math.Max(length, isDense ? WindowLength : NearLength), Math.Max(length, archive.DirectoryOffset - offset));
            if (wanted > buffer.Length)
            {
                window = archive.File.ReadRange(offset, wanted, what);
            }
            else
            {
                // Of an archive with many records there are hundreds of these.
                window = default;
                archive.File.Read(offset, buffer.AsSpan(0, (int)wanted), what);
                window = buffer.AsMemory(0, (int)wanted);
            }

            (windowOffset, place) = (offset, 0);
        }

        return window.Slice((int)place, (int)length);
    }
}
