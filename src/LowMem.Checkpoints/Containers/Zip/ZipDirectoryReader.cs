using System.Buffers.Binary;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Containers.Zip;

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
    private const int UsualTailLength = 1024;

    /// <exception cref="CheckpointException">There is no central directory, or it breaks the rules.</exception>
    public static ZipArchive Read(RandomAccessSource file, CancellationToken cancellationToken)
    {
        var findings = new List<CheckpointFinding>();
        var (offset, length, count) = FindDirectory(file, findings);
        if (length / ZipEntry.HeaderLength < count)
        {
            throw Invalid(file, offset, $"the central directory claims {count} entries in {length} bytes");
        }

        // What PyTorch writes last, a line each, lies right in front of it.
        const int lines = 1024;
        long start = Math.Max(0, offset - lines);
        file.Far?.Fetch(start, offset + length - start, cancellationToken);
        var places = new ZipEntryPlaces((int)count);
        long position = 0;
        while (places.Count < count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            position += ReadPiece(file, offset + position, length - position, (int)count, places);
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

        return new ZipArchive(file, new ZipDirectory(places), offset, findings) { DirectoryEnd = offset + length };
    }

    /// <summary>Where the directory is and how many entries it has, without reading it.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public static (long Offset, long Length, long Count) FindDirectory(RandomAccessSource file) => FindDirectory(file, []);

    private static (long Offset, long Length, long Count) FindDirectory(
        RandomAccessSource file, List<CheckpointFinding> findings)
    {
        // The comment behind the end record has at most 65,535 bytes; allow as many stray bytes behind it. Nearly always there is none.
        long longest = Math.Min(file.Length, EndLength + (2 * 65535L) + LocatorLength);
        file.Far?.Fetch(file.Length - longest, longest, CancellationToken.None);
        return FindDirectory(file, Math.Min(longest, UsualTailLength), findings)
            ?? FindDirectory(file, longest, findings)
            ?? throw new CheckpointException(
                CheckpointErrorIds.Truncated,
                file.Name,
                $"truncated: the zip archive has no central directory; the file has {file.Length} bytes and ends before "
                + "its last record does. Get the file again.")
            {
                Offset = file.Length,
            };
    }

    /// <summary>The end record that comes last; null when there is none in the last bytes of the file.</summary>
    private static (long Offset, long Length, long Count)? FindDirectory(RandomAccessSource file, long tailLength, List<CheckpointFinding> findings)
    {
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

            return ReadEnd(file, end, endOffset, findings);
        }

        return null;
    }

    private static (long Offset, long Length, long Count) ReadEnd(
        RandomAccessSource file, ReadOnlySpan<byte> end, long endOffset, List<CheckpointFinding> findings)
    {
        long count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        long limit = endOffset;
        if (BinaryPrimitives.ReadUInt16LittleEndian(end[4..]) is not (0 or ushort.MaxValue)
            || BinaryPrimitives.ReadUInt16LittleEndian(end[6..]) is not (0 or ushort.MaxValue))
        {
            throw Invalid(file, endOffset, "it is one part of a split archive. Join the parts first");
        }

        if (endOffset >= LocatorLength)
        {
            Span<byte> locator = stackalloc byte[LocatorLength];
            file.Read(endOffset - LocatorLength, locator, "the ZIP64 locator");
            if (BinaryPrimitives.ReadUInt32LittleEndian(locator) == Zip64LocatorSignature)
            {
                ulong recordOffset = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
                if (recordOffset > (ulong)Math.Max(0, endOffset - LocatorLength - Zip64EndLength))
                {
                    throw Invalid(file, endOffset, $"the ZIP64 end record is said to be at {recordOffset}");
                }

                limit = (long)recordOffset;
                Span<byte> record = stackalloc byte[Zip64EndLength];
                file.Read(limit, record, "the ZIP64 end record");
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

        if (offset + length != limit)
        {
            // PyTorch goes by the offset, Python's zipfile and others count back from the end: they see two archives.
            findings.Add(new CheckpointFinding(
                FindingSeverity.Error,
                FindingCodes.ArchiveEntryInvalid,
                null,
                offset + length,
                $"{limit - offset - length} bytes lie between the central directory and the end record: readers differ in which directory they take"));
        }

        return (offset, length, count);
    }

    /// <summary>Reads as many entries as lie in one piece of the directory, one at least; returns the bytes that they take.</summary>
    private static int ReadPiece(RandomAccessSource file, long place, long left, int count, ZipEntryPlaces places)
    {
        byte[] piece = file.ReadRange(place, Math.Min(left, ZipEntryPlaces.PieceLength), "the central directory");
        int first = LengthOfEntry(file, place, piece, left);
        if (first > piece.Length)
        {
            piece = file.ReadRange(place, first, "the central directory");
        }

        places.AddPiece(piece);
        int position = 0;
        while (places.Count < count
            && piece.Length - position >= ZipEntry.HeaderLength
            && LengthOfEntry(file, place + position, piece.AsSpan(position), left - position) is var length
            && length <= piece.Length - position)
        {
            CheckSizes(file, place + position, new ZipEntry(piece, position, places.Count));
            places.AddEntry(position);
            position += length;
        }

        return position;
    }

    /// <summary>The bytes that an entry takes.</summary>
    /// <param name="file">The file.</param>
    /// <param name="place">Where the entry is.</param>
    /// <param name="bytes">What is there.</param>
    /// <param name="left">The bytes that the directory has from there on.</param>
    private static int LengthOfEntry(RandomAccessSource file, long place, ReadOnlySpan<byte> bytes, long left)
    {
        if (bytes.Length < ZipEntry.HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != EntrySignature)
        {
            throw Invalid(file, place, "the central directory ends before its last entry");
        }

        int length = ZipEntry.GetTotalLength(bytes);
        return length <= left ? length : throw Invalid(file, place, "an entry of the central directory runs past its end");
    }

    private static void CheckSizes(RandomAccessSource file, long place, ZipEntry entry)
    {
        try
        {
            _ = entry.GetSizes();
        }
        catch (InvalidDataException exception)
        {
            throw Invalid(file, place, exception.Message);
        }
    }

    private static long ReadLength(RandomAccessSource file, ReadOnlySpan<byte> bytes, long place, string what)
    {
        try
        {
            return ZipEntry.ReadLength(bytes, what);
        }
        catch (InvalidDataException exception)
        {
            throw Invalid(file, place, exception.Message);
        }
    }

    private static CheckpointException Invalid(RandomAccessSource file, long offset, string what) =>
        new(CheckpointErrorIds.FormatInvalid, file.Name, $"broken zip archive: {what} (byte {offset}).") { Offset = offset };
}
