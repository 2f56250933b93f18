using System.Buffers.Binary;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>
/// The entries of a zip archive and the places of their bytes. Ours, because no library tells the data offset that
/// mapping needs. Sizes come from the central directory: PyTorch's local headers may hold zeros.
/// </summary>
internal sealed class ZipArchive
{
    private const uint LocalHeaderSignature = 0x04034b50;
    private const int LocalHeaderLength = 30;

    private const int ComparedNameLength = 256;

    private readonly ZipDirectory directory;
    private readonly long directoryOffset;

    /// <summary>How long the local header of each entry is; 0 as long as nobody read it.</summary>
    private readonly int[] headerLengths;

    /// <summary>The entries by the place of their local headers; null as long as nobody asked.</summary>
    private IReadOnlyList<ZipEntry>? inFileOrder;

    internal ZipArchive(
        RandomAccessSource file, ZipDirectory directory, long directoryOffset, List<CheckpointFinding> findings)
    {
        File = file;
        Findings = findings;
        this.directory = directory;
        headerLengths = new int[directory.Count];
        this.directoryOffset = directoryOffset;
        FindOverlaps();
        FindUnreadable();
        foreach (var entry in directory.Duplicates)
        {
            // Readers disagree about which one counts, which is how files are made to look harmless.
            findings.Add(new CheckpointFinding(
                FindingSeverity.Error,
                FindingCodes.ArchiveEntryInvalid,
                null,
                entry.HeaderOffset,
                $"the archive holds two entries named '{DisplayText.Name(entry.Name)}'; the first is used"));
        }
    }

    /// <summary>Entries that share bytes: how a small archive is made to unfold to a large one, or to mean two things.</summary>
    private void FindOverlaps()
    {
        const int most = 16;
        int found = 0;
        ZipEntry? before = null;
        foreach (var entry in directory.InFileOrder())
        {
            if (before is { } last
                && last.CompressedLength > entry.HeaderOffset - last.HeaderOffset - LocalHeaderLength
                && ++found <= most)
            {
                Findings.Add(new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.ArchiveEntryInvalid,
                    null,
                    entry.HeaderOffset,
                    $"the zip entries '{DisplayText.Name(last.Name)}' and '{DisplayText.Name(entry.Name)}' overlap"));
            }

            before = entry;
        }

        if (found > most)
        {
            Findings.Add(new CheckpointFinding(
                FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, null, null, $"{found - most} more zip entries overlap"));
        }
    }

    /// <summary>Records that nobody reads are an error even when nothing uses them: what they hold cannot be told.</summary>
    private void FindUnreadable()
    {
        const int most = 16;
        int found = 0;
        foreach (var entry in directory)
        {
            if (!entry.IsReadable && ++found <= most)
            {
                Findings.Add(new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.ArchiveEntryInvalid,
                    null,
                    entry.HeaderOffset,
                    $"zip entry '{DisplayText.Name(entry.Name)}' {DescribeUnreadable(entry)}"));
            }
        }

        if (found > most)
        {
            Findings.Add(new CheckpointFinding(
                FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, null, null, $"{found - most} more zip entries cannot be read"));
        }
    }

    private static string DescribeUnreadable(ZipEntry entry) =>
        entry.IsEncrypted ? "is encrypted"
        : entry.IsElsewhere ? "is in another part of a split archive"
        : $"uses compression method {entry.Method}";

    public RandomAccessSource File { get; }

    /// <summary>Where the central directory begins: no record reaches behind.</summary>
    public long DirectoryOffset => directoryOffset;

    /// <summary>Where the central directory ends; behind it are the end record, its comment, and what somebody added.</summary>
    public long DirectoryEnd { get; init; }

    /// <summary>The entries in the order of the central directory.</summary>
    public IReadOnlyList<ZipEntry> Entries => directory;

    /// <summary>The entries by the place of their local headers.</summary>
    public IReadOnlyList<ZipEntry> EntriesInFileOrder => inFileOrder ??= directory.InFileOrder();

    public List<CheckpointFinding> Findings { get; }

    /// <summary>Where the next record begins, or the directory behind the last one.</summary>
    public long FindNextHeader(ZipEntry entry)
    {
        var entries = EntriesInFileOrder;
        int next = 0;
        for (int end = entries.Count; next < end;)
        {
            int middle = next + ((end - next) / 2);
            if (entries[middle].HeaderOffset > entry.HeaderOffset)
            {
                end = middle;
            }
            else
            {
                next = middle + 1;
            }
        }

        long header = next < entries.Count ? entries[next].HeaderOffset : Math.Max(entry.HeaderOffset, directoryOffset);
        return directoryOffset > entry.HeaderOffset ? Math.Min(header, directoryOffset) : header;
    }

    /// <summary>The entry of that exact name, or null.</summary>
    public ZipEntry? Find(string name) => Find(Encoding.UTF8.GetBytes(name));

    /// <inheritdoc cref="Find(string)"/>
    public ZipEntry? Find(ReadOnlySpan<byte> name) => directory.Find(name);

    /// <summary>Where the content of an entry starts: behind its local header, whose lengths are its own.</summary>
    /// <exception cref="CheckpointException">The local header is not there or contradicts the directory.</exception>
    public long GetDataOffset(ZipEntry entry)
    {
        if (entry.IsEncrypted || entry.IsElsewhere)
        {
            throw Invalid(entry, DescribeUnreadable(entry), CheckpointErrorIds.Unsupported);
        }

        long headerOffset = entry.HeaderOffset;
        if (headerLengths[entry.Number] is > 0 and int known)
        {
            return headerOffset + known;
        }

        int wanted = LocalHeaderLength + Math.Min(entry.NameBytes.Length, ComparedNameLength);
        if (File.Far is { IsSparse: true } far && ZipLayoutGuess.FindDataOffset(this, entry) is { } guess)
        {
            // Looked at before a byte of the content is handed out.
            far.CheckLater(new ByteRange(guess, entry.CompressedLength), new ByteRange(headerOffset, wanted), bytes => Confirm(entry, bytes.Span, guess));
            headerLengths[entry.Number] = (int)(guess - headerOffset);
            return guess;
        }

        if (headerOffset > directoryOffset - wanted)
        {
            throw Invalid(entry, $"has its header at {entry.HeaderOffset}, outside the archive's content");
        }

        Span<byte> header = stackalloc byte[LocalHeaderLength + ComparedNameLength];
        header = header[..wanted];
        File.Read(headerOffset, header, "the header of a zip entry");
        return FindFault(entry, header, out long offset) is { } fault ? throw Invalid(entry, fault) : offset;
    }

    /// <summary>Takes note of a local header that was read on the way, so that it need not be read again.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="header">Its local header, name included.</param>
    public void Remember(ZipEntry entry, ReadOnlySpan<byte> header)
    {
        int wanted = LocalHeaderLength + Math.Min(entry.NameBytes.Length, ComparedNameLength);
        if (header.Length >= wanted && FindFault(entry, header[..wanted], out long offset) is null)
        {
            headerLengths[entry.Number] = (int)(offset - entry.HeaderOffset);
        }
    }

    private void Confirm(ZipEntry entry, ReadOnlySpan<byte> header, long guess)
    {
        string? fault = FindFault(entry, header, out long offset);
        fault ??= offset == guess ? LocalHeaderCheck.FindContradiction(entry, header) : $"has its content at {offset}, where nearly all archives would have it at {guess}. Download the file";
        if (fault is not null)
        {
            throw Invalid(entry, fault);
        }
    }

    private string? FindFault(ZipEntry entry, ReadOnlySpan<byte> header, out long dataOffset)
    {
        var name = entry.NameBytes;
        var (_, compressedLength, headerOffset) = entry.GetSizes();
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header[26..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        dataOffset = checked(headerOffset + LocalHeaderLength + nameLength + extraLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalHeaderSignature)
        {
            return "has no local header where the central directory says";
        }

        if (nameLength != name.Length || !name.StartsWith(header[LocalHeaderLength..]))
        {
            return "has another name in its local header than in the central directory";
        }

        return compressedLength > directoryOffset - dataOffset
            ? $"claims {compressedLength} bytes, which run into the central directory"
            : null;
    }

    /// <summary>The content of a small entry: a pickle, a version. Never the data of a tensor.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="limit">The most bytes that the content may have.</param>
    /// <param name="dataOffset">Where the content is in the file, or -1 when it is compressed.</param>
    public byte[] ReadContent(ZipEntry entry, long limit, out long dataOffset)
    {
        if (entry.Length > limit)
        {
            throw Invalid(entry, $"is {entry.Length} bytes, more than the {limit} read here", CheckpointErrorIds.Unsupported);
        }

        long offset = GetDataOffset(entry);
        switch (entry.Method)
        {
            case ZipEntry.Stored when entry.CompressedLength == entry.Length:
                dataOffset = offset;
                return File.ReadRange(offset, entry.Length, $"'{DisplayText.Name(entry.Name)}'");
            case ZipEntry.Stored:
                throw Invalid(entry, "is stored, and yet its two sizes differ");
            case ZipEntry.Deflated:
                dataOffset = -1;
                return Inflate(entry, offset);
            default:
                throw Invalid(entry, DescribeUnreadable(entry), CheckpointErrorIds.Unsupported);
        }
    }

    /// <summary>The first bytes of an entry, fewer when it is shorter.</summary>
    public byte[] ReadStart(ZipEntry entry, int length)
    {
        long offset = GetDataOffset(entry);
        return entry.Method switch
        {
            ZipEntry.Stored => File.ReadRange(offset, Math.Min(length, entry.CompressedLength), $"'{DisplayText.Name(entry.Name)}'"),
            ZipEntry.Deflated => InflateStart(entry, offset, length),
            _ => throw Invalid(entry, DescribeUnreadable(entry), CheckpointErrorIds.Unsupported),
        };
    }

    private byte[] InflateStart(ZipEntry entry, long offset, int length)
    {
        try
        {
            return Inflater.InflateStart(File, offset, entry.CompressedLength, length, $"'{DisplayText.Name(entry.Name)}'");
        }
        catch (InvalidDataException exception)
        {
            throw Invalid(entry, exception.Message);
        }
    }

    private byte[] Inflate(ZipEntry entry, long offset)
    {
        if (entry.ClaimsTooMuch)
        {
            throw Invalid(entry, $"claims to unfold {entry.CompressedLength} bytes to {entry.Length}");
        }

        try
        {
            return Inflater.Inflate(File, offset, entry.CompressedLength, entry.Length, $"'{DisplayText.Name(entry.Name)}'");
        }
        catch (InvalidDataException exception)
        {
            throw Invalid(entry, exception.Message);
        }
    }

    private CheckpointException Invalid(ZipEntry entry, string what, string errorId = CheckpointErrorIds.FormatInvalid) =>
        new(errorId, File.Name, $"zip entry '{DisplayText.Name(entry.Name)}' {what}.")
        {
            Record = entry.Name,
            Offset = entry.HeaderOffset,
        };
}
