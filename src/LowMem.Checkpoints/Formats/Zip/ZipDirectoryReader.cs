using System.Buffers.Binary;
using System.Text;
using LowMem.Checkpoints.IO;

namespace LowMem.Checkpoints.Formats.Zip;

/// <summary>Reads the central directory of a zip archive, ZIP64 included (APPNOTE.TXT 4.3.12 to 4.3.16).</summary>
internal static class ZipDirectoryReader
{
    private const uint EndSignature = 0x06054b50;
    private const uint Zip64LocatorSignature = 0x07064b50;
    private const uint Zip64EndSignature = 0x06064b50;
    private const uint EntrySignature = 0x02014b50;
    private const int EndLength = 22;
    private const int LocatorLength = 20;
    private const int Zip64EndLength = 56;
    private const int EntryLength = 46;
    private const int Zip64ExtraTag = 1;

    /// <exception cref="CheckpointException">There is no central directory, or it breaks the rules.</exception>
    public static ZipArchive Read(CheckpointFileReader file, CancellationToken cancellationToken)
    {
        var findings = new List<CheckpointFinding>();
        var (offset, length, count) = FindDirectory(file, findings);
        if (length / EntryLength < count)
        {
            throw Invalid(file, offset, $"the central directory claims {count} entries in {length} bytes");
        }

        byte[] directory = file.ReadRange(offset, length, "the central directory");
        var entries = new List<ZipEntry>((int)count);
        int position = 0;
        for (long i = 0; i < count; i++)
        {
            if ((i & 0xfff) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            entries.Add(ReadEntry(file, directory, offset, ref position));
        }

        if (position < length)
        {
            // What is behind the entries that are counted is there for other readers, which do not count.
            findings.Add(new CheckpointFinding(
                FindingSeverity.Error,
                FindingCodes.ArchiveEntryInvalid,
                null,
                offset + position,
                $"the central directory has {length - position} bytes more than its {count} entries"));
        }

        return new ZipArchive(file, entries, offset, findings);
    }

    private static (long Offset, long Length, long Count) FindDirectory(
        CheckpointFileReader file, List<CheckpointFinding> findings)
    {
        // The comment behind the end record has at most 65,535 bytes; allow as many stray bytes behind it.
        long tailLength = Math.Min(file.Length, EndLength + (2 * 65535L) + LocatorLength);
        long tailOffset = file.Length - tailLength;
        byte[] tail = file.ReadRange(tailOffset, tailLength, "the end of the archive");
        for (int i = tail.Length - EndLength; i >= 0; i--)
        {
            var end = tail.AsSpan(i);
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) != EndSignature)
            {
                continue;
            }

            long endOffset = tailOffset + i;
            long contentEnd = endOffset + EndLength + BinaryPrimitives.ReadUInt16LittleEndian(end[20..]);
            if (contentEnd > file.Length)
            {
                continue;
            }

            if (contentEnd < file.Length)
            {
                findings.Add(new CheckpointFinding(
                    FindingSeverity.Warning,
                    FindingCodes.TrailingBytes,
                    null,
                    contentEnd,
                    $"{file.Length - contentEnd} bytes follow the end of the archive"));
            }

            return ReadEnd(file, end, endOffset);
        }

        throw new CheckpointException(
            CheckpointErrorIds.Truncated,
            file.Path,
            $"truncated: the zip archive has no central directory; the file has {file.Length} bytes and ends before "
            + "its last record does. Get the file again.")
        {
            Offset = file.Length,
        };
    }

    private static (long Offset, long Length, long Count) ReadEnd(
        CheckpointFileReader file, ReadOnlySpan<byte> end, long endOffset)
    {
        long count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        long limit = endOffset;
        if (endOffset >= LocatorLength)
        {
            Span<byte> locator = stackalloc byte[LocatorLength];
            file.ReadAt(endOffset - LocatorLength, locator, "the ZIP64 locator");
            if (BinaryPrimitives.ReadUInt32LittleEndian(locator) == Zip64LocatorSignature)
            {
                ulong recordOffset = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
                if (recordOffset > (ulong)Math.Max(0, endOffset - LocatorLength - Zip64EndLength))
                {
                    throw Invalid(file, endOffset, $"the ZIP64 end record is said to be at {recordOffset}");
                }

                limit = (long)recordOffset;
                Span<byte> record = stackalloc byte[Zip64EndLength];
                file.ReadAt(limit, record, "the ZIP64 end record");
                if (BinaryPrimitives.ReadUInt32LittleEndian(record) != Zip64EndSignature)
                {
                    throw Invalid(file, limit, "the ZIP64 end record is not where its locator says");
                }

                count = ReadLength(file, record[32..], limit, "entry count");
                length = ReadLength(file, record[40..], limit, "directory length");
                offset = ReadLength(file, record[48..], limit, "directory offset");
            }
        }

        if (offset > limit || length > limit - offset)
        {
            throw Invalid(
                file, endOffset, $"the central directory is said to be {length} bytes at {offset}, past the end at {limit}");
        }

        return (offset, length, count);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveOptimization)]
    private static ZipEntry ReadEntry(CheckpointFileReader file, byte[] directory, long directoryOffset, ref int position)
    {
        var rest = directory.AsSpan(position);
        long place = directoryOffset + position;
        if (rest.Length < EntryLength || BinaryPrimitives.ReadUInt32LittleEndian(rest) != EntrySignature)
        {
            throw Invalid(file, place, "the central directory ends before its last entry");
        }

        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[28..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[30..]);
        int commentLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[32..]);
        int total = EntryLength + nameLength + extraLength + commentLength;
        if (total > rest.Length)
        {
            throw Invalid(file, place, "an entry of the central directory runs past its end");
        }

        long compressed = BinaryPrimitives.ReadUInt32LittleEndian(rest[20..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(rest[24..]);
        long header = BinaryPrimitives.ReadUInt32LittleEndian(rest[42..]);
        ApplyZip64(file, place, rest.Slice(EntryLength + nameLength, extraLength), ref length, ref compressed, ref header);
        var entry = new ZipEntry(
            Encoding.UTF8.GetString(rest.Slice(EntryLength, nameLength)),
            BinaryPrimitives.ReadUInt16LittleEndian(rest[10..]),
            BinaryPrimitives.ReadUInt16LittleEndian(rest[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(rest[16..]),
            compressed,
            length,
            header);
        position += total;
        return entry;
    }

    /// <summary>Fields that are all ones in the entry stand in the ZIP64 extra field, in this order.</summary>
    private static void ApplyZip64(
        CheckpointFileReader file, long place, ReadOnlySpan<byte> extra, ref long length, ref long compressed, ref long header)
    {
        while (extra.Length >= 4)
        {
            int tag = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            int size = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            extra = extra[4..];
            if (size > extra.Length)
            {
                return;
            }

            if (tag == Zip64ExtraTag)
            {
                var field = extra[..size];
                TakeIfMarked(file, place, ref field, ref length);
                TakeIfMarked(file, place, ref field, ref compressed);
                TakeIfMarked(file, place, ref field, ref header);
                return;
            }

            extra = extra[size..];
        }
    }

    private static void TakeIfMarked(CheckpointFileReader file, long place, ref ReadOnlySpan<byte> field, ref long value)
    {
        if (value != uint.MaxValue)
        {
            return;
        }

        if (field.Length < 8)
        {
            throw Invalid(file, place, "a ZIP64 extra field is too short");
        }

        value = ReadLength(file, field, place, "64-bit size");
        field = field[8..];
    }

    private static long ReadLength(CheckpointFileReader file, ReadOnlySpan<byte> bytes, long place, string what)
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return value <= long.MaxValue ? (long)value : throw Invalid(file, place, $"the {what} {value} is impossible");
    }

    private static CheckpointException Invalid(CheckpointFileReader file, long offset, string what) =>
        new(CheckpointErrorIds.FormatInvalid, file.Path, $"broken zip archive: {what} (byte {offset}).") { Offset = offset };
}
