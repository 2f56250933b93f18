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
    private readonly IReadOnlyList<ZipEntry> entries = archive.EntriesInFileOrder;
    private int next;

    /// <summary>A local header.</summary>
    /// <param name="Fixed">Its first 30 bytes.</param>
    /// <param name="Extra">Its extra fields.</param>
    /// <param name="DataOffset">Where the content starts.</param>
    internal readonly record struct Header(ReadOnlyMemory<byte> Fixed, ReadOnlyMemory<byte> Extra, long DataOffset);

    /// <summary>Says whose header is read next, so that a read which begins in front of it ends behind it.</summary>
    /// <param name="index">Its place among the entries in the order of the file.</param>
    public void Expect(int index) => next = index;

    /// <summary>The header of an entry, until the next is asked for; null when there is none, or it runs into the directory.</summary>
    public Header? Read(ZipEntry entry)
    {
        long offset = entry.HeaderOffset;
        if (offset > archive.DirectoryOffset - FixedLength)
        {
            return null;
        }

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
            var source = archive.File.Exact;
            long wanted = Math.Min(Math.Max(length, FindEnd(offset) - offset), Math.Max(length, archive.DirectoryOffset - offset));
            if (wanted > buffer.Length)
            {
                window = source.ReadRange(offset, wanted, what);
            }
            else
            {
                // Of an archive with many records there are hundreds of these.
                window = default;
                source.Read(offset, buffer.AsSpan(0, (int)wanted), what);
                window = buffer.AsMemory(0, (int)wanted);
            }

            (windowOffset, place) = (offset, 0);
        }

        return window.Slice((int)place, (int)length);
    }

    /// <summary>Where the next header ends that a large record follows.</summary>
    private long FindEnd(long start)
    {
        long end = start;
        for (int i = next; i < entries.Count; i++)
        {
            var entry = entries[i];
            long header = ZipLayoutGuess.FindDataOffset(archive, entry) ?? entry.HeaderOffset + NearLength;
            if (header - start > WindowLength)
            {
                return Math.Max(end, Math.Min(header, start + NearLength));
            }

            end = Math.Max(end, header);
            if (entry.CompressedLength >= SmallRecord)
            {
                break;
            }
        }

        return end;
    }
}
