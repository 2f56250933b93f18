using System.Buffers.Binary;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>
/// Goes through what is in an archive and in no record that its directory names: between the records, in extra fields and
/// comments, in front and behind. A reader of archives sees nothing there; one that goes by local headers, or looks for a
/// pickle, does. Honest archives have padding there, which is one byte over and over, and the sizes behind a record.
/// </summary>
internal sealed class ZipSlack(ZipArchive archive, CancellationToken cancellationToken)
{
    /// <summary>How much that is no padding is looked through; more is a finding.</summary>
    public const long Most = 64 << 20;

    /// <summary>Fewer bytes hold no pickle that names anything, and no record.</summary>
    private const int Shortest = 6;

    private const int PaddingTag = 'F' | ('B' << 8);
    private const int EndRecordLength = 22;
    private const int MostNamed = 16;
    private const int MostDescriptor = 24;

    private readonly ZipHeaderWindow window = new(archive);
    private long left = Most;
    private int unnamed;

    private static ReadOnlySpan<byte> RecordSignature => "PK\u0003\u0004"u8;

    private static ReadOnlySpan<byte> DescriptorSignature => "PK\u0007\u0008"u8;

    private static ReadOnlySpan<byte> EndSignature => "PK\u0005\u0006"u8;

    public IEnumerable<ZipSlackPiece> Read()
    {
        // Each header would be a request. Where the layout is another than PyTorch's, there is room for more, and it is looked at.
        bool isSparse = archive.File.Far is { IsSparse: true };
        if (!isSparse)
        {
            archive.File.Far?.ReadAhead(FindHeaders(), cancellationToken);
        }

        long end = 0;
        int index = 0;
        ZipEntry? before = null;
        foreach (var entry in archive.EntriesInFileOrder)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (_, compressedLength, start) = entry.GetSizes();
            window.Expect(index++);
            if (ReadGap(end, start, before) is { } gap)
            {
                yield return gap;
            }

            (before, end) = (entry, Math.Max(end, start));
            if (isSparse && ZipLayoutGuess.FindDataOffset(archive, entry) is not null)
            {
                end = Math.Max(end, archive.FindNextHeader(entry));
                continue;
            }

            if (window.Read(entry) is not { } header)
            {
                // Whoever reads the record says so.
                continue;
            }

            if (LocalHeaderCheck.FindContradiction(entry, header.Fixed.Span) is { } contradiction)
            {
                archive.Findings.Add(new CheckpointFinding(
                    FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, null, start, contradiction));
            }

            if (!IsPlain(header.Extra.Span))
            {
                foreach (var field in ReadExtra(header.Extra, entry, "the local header"))
                {
                    yield return field;
                }
            }

            // One that claims too much is refused by whoever reads it, or overlaps the next.
            long most = archive.DirectoryOffset - header.DataOffset;
            end = Math.Max(end, header.DataOffset + Math.Min(compressedLength, most));
        }

        if (ReadGap(end, archive.DirectoryOffset, before) is { } last)
        {
            yield return last;
        }

        foreach (var piece in ReadDirectory().Concat(ReadEnd()))
        {
            yield return piece;
        }
    }

    /// <summary>The headers, and what is in front of them.</summary>
    private IEnumerable<ByteRange> FindHeaders()
    {
        foreach (var entry in archive.EntriesInFileOrder)
        {
            long start = Math.Max(0, entry.HeaderOffset - MostDescriptor);
            long end = Math.Min(archive.DirectoryOffset, ZipLayoutGuess.FindDataOffset(archive, entry) ?? entry.HeaderOffset + ZipHeaderWindow.NearLength);
            if (end > start)
            {
                yield return new ByteRange(start, end - start);
            }
        }
    }

    private ZipSlackPiece? ReadGap(long start, long end, ZipEntry? before)
    {
        if (end - start < Shortest)
        {
            return null;
        }

        var bytes = window.ReadBehind(start, Math.Min(end - start, left + MostDescriptor));
        if (before is { } entry)
        {
            int descriptor = DescriptorLength(entry, bytes.Span);
            if (descriptor == end - start)
            {
                return null;
            }

            bytes = bytes[descriptor..];
            start += descriptor;
        }

        if (IsPadding(bytes.Span) && bytes.Length == end - start)
        {
            return null;
        }

        string what = before is { } last ? $"what follows record '{DisplayText.Name(last.Name)}'" : "what precedes the archive";
        if (bytes.Length > left || bytes.Length < end - start)
        {
            bytes = bytes[..(int)Math.Min(bytes.Length, left)];
            Add(FindingCodes.HiddenPickles, start, $"{what} has {end - start} bytes that are in no record; not all of them were looked through");
        }

        left -= bytes.Length;
        FindRecords(bytes.Span, start);
        return new ZipSlackPiece(bytes.ToArray(), what);
    }

    /// <summary>Records with a header of their own that the directory does not name: other readers go by the headers.</summary>
    private void FindRecords(ReadOnlySpan<byte> bytes, long offset)
    {
        int place = 0;
        while (bytes[place..].IndexOf(RecordSignature) is >= 0 and int found)
        {
            place += found;
            var header = bytes[place..];
            if (header.Length > ZipHeaderWindow.FixedLength
                && BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) is > 0 and var length
                && length <= header.Length - ZipHeaderWindow.FixedLength
                && ++unnamed <= MostNamed)
            {
                string name = Encoding.UTF8.GetString(header.Slice(ZipHeaderWindow.FixedLength, length));
                Add(FindingCodes.ArchiveEntryInvalid, offset + place, $"the directory of the archive does not name the record '{DisplayText.Name(name)}' that lies between the others");
            }

            place += RecordSignature.Length;
        }
    }

    /// <summary>Sizes and checksum that follow a record whose header was written before they were known.</summary>
    private static int DescriptorLength(ZipEntry entry, ReadOnlySpan<byte> bytes)
    {
        int start = bytes.StartsWith(DescriptorSignature) ? DescriptorSignature.Length : 0;
        var (length, compressed, _) = entry.GetSizes();
        var sizes = bytes[start..];
        if (sizes.Length >= 20
            && BinaryPrimitives.ReadInt64LittleEndian(sizes[4..]) == compressed
            && BinaryPrimitives.ReadInt64LittleEndian(sizes[12..]) == length)
        {
            return start + 20;
        }

        return sizes.Length >= 12
            && BinaryPrimitives.ReadUInt32LittleEndian(sizes[4..]) == (uint)compressed
            && BinaryPrimitives.ReadUInt32LittleEndian(sizes[8..]) == (uint)length
                ? start + 12
                : 0;
    }

    /// <summary>Nothing, or one field of padding, as nearly every record of PyTorch has it.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> extra) =>
        extra.Length < Shortest
        || (BinaryPrimitives.ReadUInt16LittleEndian(extra) == PaddingTag
            && BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]) == extra.Length - 4
            && IsPadding(extra[4..]));

    /// <summary>Fields other than the padding in front of PyTorch's storages.</summary>
    private IEnumerable<ZipSlackPiece> ReadExtra(ReadOnlyMemory<byte> extra, ZipEntry entry, string place)
    {
        var rest = extra;
        while (rest.Length >= Shortest)
        {
            int tag = BinaryPrimitives.ReadUInt16LittleEndian(rest.Span);
            int size = BinaryPrimitives.ReadUInt16LittleEndian(rest.Span[2..]);
            bool isWhole = size <= rest.Length - 4;
            var field = isWhole ? rest.Slice(4, size) : rest;
            rest = isWhole ? rest[(4 + size)..] : default;

            if (field.Length >= Shortest && !IsPadding(field.Span))
            {
                string kind = tag == PaddingTag ? "the padding" : "an extra field";
                yield return Take(field, $"{kind} in {place} of record '{DisplayText.Name(entry.Name)}'");
            }
        }
    }

    private IEnumerable<ZipSlackPiece> ReadDirectory()
    {
        foreach (var entry in archive.Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!IsPlain(entry.Extra.Span))
            {
                foreach (var field in ReadExtra(entry.Extra, entry, "the directory entry"))
                {
                    yield return field;
                }
            }

            if (entry.Comment.Length >= Shortest)
            {
                yield return Take(entry.Comment, $"the comment of record '{DisplayText.Name(entry.Name)}'");
            }
        }
    }

    /// <summary>The end record, its comment, and what somebody put behind.</summary>
    private IEnumerable<ZipSlackPiece> ReadEnd()
    {
        long start = archive.DirectoryEnd;
        long length = archive.File.Length - start;
        ReadOnlyMemory<byte> bytes = archive.File.ReadRange(start, Math.Min(length, left), "the end of the archive");
        left -= bytes.Length;
        if (bytes.Length < length)
        {
            Add(FindingCodes.HiddenPickles, start, $"{length} bytes follow the directory of the archive; not all of them were looked through");
        }

        yield return new ZipSlackPiece(bytes, "what follows the directory of the archive");
        int found = bytes.Span.IndexOf(EndSignature);
        if (found >= 0 && bytes.Length - found > EndRecordLength)
        {
            // Once more, so that what begins there is seen as the beginning of something.
            yield return new ZipSlackPiece(bytes[(found + EndRecordLength)..], "the comment of the archive");
        }

        if (archive.Findings.FirstOrDefault(finding => finding.Code == FindingCodes.TrailingBytes)?.Offset is { } end && end - start < bytes.Length)
        {
            yield return new ZipSlackPiece(bytes[(int)(end - start)..], "what follows the archive");
        }
    }

    /// <summary>Fields are counted, so that a directory full of them costs no more than a gap; each is short.</summary>
    private ZipSlackPiece Take(ReadOnlyMemory<byte> bytes, string what)
    {
        left = Math.Max(0, left - bytes.Length);
        return new ZipSlackPiece(bytes.ToArray(), what);
    }

    private void Add(string code, long offset, string message) =>
        archive.Findings.Add(new CheckpointFinding(FindingSeverity.Error, code, null, offset, message));

    private static bool IsPadding(ReadOnlySpan<byte> bytes) => bytes.Length < Shortest || bytes.IndexOfAnyExcept(bytes[0]) < 0;
}

/// <summary>Compares the header in front of a record with the directory: a reader that streams goes by the header.</summary>
internal static class LocalHeaderCheck
{
    /// <summary>What the two say differently; null when they agree. Sizes that the header leaves open are none.</summary>
    public static string? FindContradiction(ZipEntry entry, ReadOnlySpan<byte> header)
    {
        int method = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        uint compressed = BinaryPrimitives.ReadUInt32LittleEndian(header[18..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[22..]);
        var (known, knownCompressed, _) = entry.GetSizes();
        string? what = method != entry.Method ? $"compression method {method}, the directory {entry.Method}"
            : Differs(compressed, knownCompressed) ? $"{compressed} bytes, the directory {knownCompressed}"
            : Differs(length, known) ? $"{length} bytes of content, the directory {known}"
            : null;
        return what is null ? null : $"the header of zip entry '{DisplayText.Name(entry.Name)}' says {what}";
    }

    private static bool Differs(uint said, long known) => said is not (0 or uint.MaxValue) && said != known;
}

/// <summary>Bytes of an archive that are the content of no record.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="What">What they are, for a message.</param>
internal sealed record ZipSlackPiece(ReadOnlyMemory<byte> Bytes, string What);
