using System.Buffers.Binary;
using System.Text;

namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>
/// A zip archive of stored records as the writer of PyTorch lays it out, with every place known beforehand: a local header with
/// zeros for the sizes, an extra field that brings the content to a multiple of 64, the content, its checksum and sizes; then the
/// directory, whose ZIP64 end is always there.
/// </summary>
internal sealed class StoredZipLayout
{
    private const int Alignment = 64;
    private const int HeaderLength = 30;
    private const ushort Flags = 0x0808;
    private const int Zip64Tag = 1;

    private readonly (byte[] Name, long Length)[] records;
    private readonly long[] headers;
    private readonly int[] extraLengths;

    /// <param name="records">The full name and the bytes of each.</param>
    public StoredZipLayout(IEnumerable<(string Name, long Length)> records)
    {
        this.records = [.. records.Select(record => (Encoding.UTF8.GetBytes(record.Name), record.Length))];
        headers = new long[this.records.Length];
        extraLengths = new int[this.records.Length];
        long position = 0;
        for (int i = 0; i < headers.Length; i++)
        {
            headers[i] = position;
            long start = position + HeaderLength + this.records[i].Name.Length + Zip64Length(i) + 4;
            int padding = (int)((Alignment - (start % Alignment)) % Alignment);
            extraLengths[i] = Zip64Length(i) + 4 + padding;
            position = checked(GetOffset(i) + this.records[i].Length + DescriptorLength(i));
        }

        DirectoryOffset = position;
        DirectoryLength = Enumerable.Range(0, headers.Length).Sum(i => 46L + this.records[i].Name.Length + Zip64Length(i));
        Length = DirectoryOffset + DirectoryLength + 56 + 20 + 22;
    }

    /// <summary>Where the directory starts.</summary>
    public long DirectoryOffset { get; }

    /// <summary>The bytes of the whole archive.</summary>
    public long Length { get; }

    private long DirectoryLength { get; }

    /// <summary>Where the content of a record starts.</summary>
    public long GetOffset(int record) => headers[record] + HeaderLength + records[record].Name.Length + extraLengths[record];

    /// <summary>What lies in front of the content.</summary>
    public (long Offset, ReadOnlyMemory<byte> Bytes) GetHeader(int record)
    {
        var (name, length) = records[record];
        byte[] bytes = new byte[GetOffset(record) - headers[record]];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 0x04034b50);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), Flags);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(26), checked((ushort)name.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(28), (ushort)extraLengths[record]);
        name.CopyTo(bytes, HeaderLength);
        var extra = bytes.AsSpan(HeaderLength + name.Length);

        // The compressed size is not known yet when miniz writes the header.
        WriteZip64(extra, record, compressedLength: 0);
        extra = extra[Zip64Length(record)..];
        extra[0] = (byte)'F';
        extra[1] = (byte)'B';
        BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], (ushort)(extra.Length - 4));
        extra[4..].Fill((byte)'Z');
        return (headers[record], bytes);
    }

    /// <summary>What lies behind the content.</summary>
    public (long Offset, ReadOnlyMemory<byte> Bytes) GetDescriptor(int record, uint checksum)
    {
        long length = records[record].Length;
        byte[] bytes = new byte[DescriptorLength(record)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 0x08074b50);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), checksum);
        if (bytes.Length == 16)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), (uint)length);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)length);
        }
        else
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), length);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), length);
        }

        return (GetOffset(record) + length, bytes);
    }

    /// <summary>The directory and all that follows.</summary>
    /// <param name="checksums">The CRC-32 of each record.</param>
    public (long Offset, ReadOnlyMemory<byte> Bytes) GetDirectory(IReadOnlyList<uint> checksums)
    {
        byte[] bytes = new byte[Length - DirectoryOffset];
        var rest = bytes.AsSpan();
        for (int i = 0; i < headers.Length; i++)
        {
            var (name, length) = records[i];
            BinaryPrimitives.WriteUInt32LittleEndian(rest, 0x02014b50);
            BinaryPrimitives.WriteUInt16LittleEndian(rest[8..], Flags);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[16..], checksums[i]);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[20..], Cap(length));
            BinaryPrimitives.WriteUInt32LittleEndian(rest[24..], Cap(length));
            BinaryPrimitives.WriteUInt16LittleEndian(rest[28..], (ushort)name.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(rest[30..], (ushort)Zip64Length(i));
            BinaryPrimitives.WriteUInt32LittleEndian(rest[42..], Cap(headers[i]));
            name.CopyTo(rest[46..]);
            WriteZip64(rest[(46 + name.Length)..], i, length);
            rest = rest[(46 + name.Length + Zip64Length(i))..];
        }

        WriteEnd(rest);
        return (DirectoryOffset, bytes);
    }

    private void WriteEnd(Span<byte> end)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06064b50);
        BinaryPrimitives.WriteInt64LittleEndian(end[4..], 44);

        // Made by version 3.0 on Unix, needs 4.5: as miniz says.
        BinaryPrimitives.WriteUInt16LittleEndian(end[12..], 0x031e);
        BinaryPrimitives.WriteUInt16LittleEndian(end[14..], 0x002d);
        BinaryPrimitives.WriteInt64LittleEndian(end[24..], headers.Length);
        BinaryPrimitives.WriteInt64LittleEndian(end[32..], headers.Length);
        BinaryPrimitives.WriteInt64LittleEndian(end[40..], DirectoryLength);
        BinaryPrimitives.WriteInt64LittleEndian(end[48..], DirectoryOffset);
        var locator = end[56..];
        BinaryPrimitives.WriteUInt32LittleEndian(locator, 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(locator[8..], DirectoryOffset + DirectoryLength);
        BinaryPrimitives.WriteUInt32LittleEndian(locator[16..], 1);
        var last = locator[20..];
        ushort count = (ushort)Math.Min(headers.Length, ushort.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(last, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(last[8..], count);
        BinaryPrimitives.WriteUInt16LittleEndian(last[10..], count);
        BinaryPrimitives.WriteUInt32LittleEndian(last[12..], Cap(DirectoryLength));
        BinaryPrimitives.WriteUInt32LittleEndian(last[16..], Cap(DirectoryOffset));
    }

    private static uint Cap(long value) => (uint)Math.Min(value, uint.MaxValue);

    private int DescriptorLength(int record) => Zip64Length(record) > 0 ? 24 : 16;

    private int Zip64Length(int record)
    {
        int length = (records[record].Length >= uint.MaxValue ? 16 : 0) + (headers[record] >= uint.MaxValue ? 8 : 0);
        return length == 0 ? 0 : 4 + length;
    }

    private void WriteZip64(Span<byte> extra, int record, long compressedLength)
    {
        int length = Zip64Length(record);
        if (length == 0)
        {
            return;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(extra, Zip64Tag);
        BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], (ushort)(length - 4));
        extra = extra[4..];
        if (records[record].Length >= uint.MaxValue)
        {
            BinaryPrimitives.WriteInt64LittleEndian(extra, records[record].Length);
            BinaryPrimitives.WriteInt64LittleEndian(extra[8..], compressedLength);
            extra = extra[16..];
        }

        if (headers[record] >= uint.MaxValue)
        {
            BinaryPrimitives.WriteInt64LittleEndian(extra, headers[record]);
        }
    }
}
