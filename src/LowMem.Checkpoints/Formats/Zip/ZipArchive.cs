using System.Buffers.Binary;
using System.Text;
using LowMem.Checkpoints.IO;

namespace LowMem.Checkpoints.Formats.Zip;

/// <summary>
/// The entries of a zip archive and the places of their bytes. Ours, because no library tells the data offset that
/// mapping needs. Sizes come from the central directory: PyTorch's local headers may hold zeros.
/// </summary>
internal sealed class ZipArchive
{
    private const uint LocalHeaderSignature = 0x04034b50;
    private const int LocalHeaderLength = 30;

    /// <summary>Small entries lie so close together that one read brings the headers of many.</summary>
    private const int HeaderWindowLength = 64 << 10;

    private const int SmallEntry = 4096;
    private const int ComparedNameLength = 256;

    private readonly Dictionary<string, ZipEntry> byName;
    private readonly long directoryOffset;
    private byte[] headers = [];
    private long headersOffset;

    internal ZipArchive(
        CheckpointFileReader file, IReadOnlyList<ZipEntry> entries, long directoryOffset, List<CheckpointFinding> findings)
    {
        File = file;
        Entries = entries;
        Findings = findings;
        this.directoryOffset = directoryOffset;
        FindOverlaps();
        byName = new Dictionary<string, ZipEntry>(entries.Count, StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (!byName.TryAdd(entry.Name, entry))
            {
                // Readers disagree about which one counts, which is how files are made to look harmless.
                findings.Add(new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.ArchiveEntryInvalid,
                    null,
                    entry.HeaderOffset,
                    $"the archive holds two entries named '{Pickle.PickleText.Shorten(entry.Name)}'; the first is used"));
            }
        }
    }

    /// <summary>Entries that share bytes: how a small archive is made to unfold to a large one, or to mean two things.</summary>
    private void FindOverlaps()
    {
        const int most = 16;
        int found = 0;
        ZipEntry? before = null;
        foreach (var entry in Entries.OrderBy(entry => entry.HeaderOffset))
        {
            if (before is not null
                && before.CompressedLength > entry.HeaderOffset - before.HeaderOffset - LocalHeaderLength
                && ++found <= most)
            {
                Findings.Add(new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.ArchiveEntryInvalid,
                    null,
                    entry.HeaderOffset,
                    $"the zip entries '{Pickle.PickleText.Shorten(before.Name)}' and '{Pickle.PickleText.Shorten(entry.Name)}' overlap"));
            }

            before = entry;
        }

        if (found > most)
        {
            Findings.Add(new CheckpointFinding(
                FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, null, null, $"{found - most} more zip entries overlap"));
        }
    }

    public CheckpointFileReader File { get; }

    public IReadOnlyList<ZipEntry> Entries { get; }

    public List<CheckpointFinding> Findings { get; }

    /// <summary>The entry of that exact name, or null.</summary>
    public ZipEntry? Find(string name) => byName.GetValueOrDefault(name);

    /// <inheritdoc cref="Find(string)"/>
    public ZipEntry? Find(ReadOnlySpan<char> name) =>
        byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var entry) ? entry : null;

    /// <summary>Where the content of an entry starts: behind its local header, whose lengths are its own.</summary>
    /// <exception cref="CheckpointException">The local header is not there or contradicts the directory.</exception>
    public long GetDataOffset(ZipEntry entry)
    {
        if (entry.IsEncrypted)
        {
            throw Invalid(entry, "is encrypted", CheckpointErrorIds.Unsupported);
        }

        int expectedLength = Encoding.UTF8.GetByteCount(entry.Name);
        int wanted = LocalHeaderLength + Math.Min(expectedLength, ComparedNameLength);
        if (entry.HeaderOffset < 0 || entry.HeaderOffset > directoryOffset - wanted)
        {
            throw Invalid(entry, $"has its header at {entry.HeaderOffset}, outside the archive's content");
        }

        var header = ReadHeader(entry, wanted);
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header[26..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalHeaderSignature)
        {
            throw Invalid(entry, "has no local header where the central directory says");
        }

        if (nameLength != expectedLength || !StartsWith(entry.Name, header[LocalHeaderLength..]))
        {
            throw Invalid(entry, "has another name in its local header than in the central directory");
        }

        long offset = checked(entry.HeaderOffset + LocalHeaderLength + nameLength + extraLength);
        if (entry.CompressedLength > directoryOffset - offset)
        {
            throw Invalid(entry, $"claims {entry.CompressedLength} bytes, which run into the central directory");
        }

        return offset;
    }

    /// <summary>Whether the name begins with these bytes, which may cut its last character.</summary>
    private static bool StartsWith(string name, ReadOnlySpan<byte> bytes)
    {
        Span<byte> expected = stackalloc byte[ComparedNameLength + 4];
        Encoding.UTF8.GetEncoder().Convert(name, expected, flush: true, out _, out int length, out _);
        return expected[..Math.Min(length, bytes.Length)].SequenceEqual(bytes);
    }

    /// <summary>The first bytes of a local header; for one thread.</summary>
    private ReadOnlySpan<byte> ReadHeader(ZipEntry entry, int length)
    {
        long place = entry.HeaderOffset - headersOffset;
        if (place < 0 || place + length > headers.Length)
        {
            int window = entry.CompressedLength < SmallEntry
                ? (int)Math.Min(HeaderWindowLength, directoryOffset - entry.HeaderOffset)
                : length;
            headers = headers.Length == window ? headers : new byte[window];
            headersOffset = entry.HeaderOffset;
            File.ReadAt(headersOffset, headers, "the header of a zip entry");
            place = 0;
        }

        return headers.AsSpan((int)place, length);
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
                return File.ReadRange(offset, entry.Length, $"'{entry.Name}'");
            case ZipEntry.Stored:
                throw Invalid(entry, "is stored, and yet its two sizes differ");
            case ZipEntry.Deflated:
                dataOffset = -1;
                return Inflate(entry, offset);
            default:
                throw Invalid(entry, $"uses compression method {entry.Method}", CheckpointErrorIds.Unsupported);
        }
    }

    /// <summary>The first bytes of an entry, fewer when it is shorter.</summary>
    public byte[] ReadStart(ZipEntry entry, int length)
    {
        long offset = GetDataOffset(entry);
        return entry.Method switch
        {
            ZipEntry.Stored => File.ReadRange(offset, Math.Min(length, entry.CompressedLength), $"'{entry.Name}'"),
            ZipEntry.Deflated => InflateStart(entry, offset, length),
            _ => throw Invalid(entry, $"uses compression method {entry.Method}", CheckpointErrorIds.Unsupported),
        };
    }

    private byte[] InflateStart(ZipEntry entry, long offset, int length)
    {
        try
        {
            return Inflater.InflateStart(File, offset, entry.CompressedLength, length, $"'{entry.Name}'");
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
            return Inflater.Inflate(File, offset, entry.CompressedLength, entry.Length, $"'{entry.Name}'");
        }
        catch (InvalidDataException exception)
        {
            throw Invalid(entry, exception.Message);
        }
    }

    private CheckpointException Invalid(ZipEntry entry, string what, string errorId = CheckpointErrorIds.FormatInvalid) =>
        new(errorId, File.Path, $"zip entry '{Pickle.PickleText.Shorten(entry.Name)}' {what}.")
        {
            Record = entry.Name,
            Offset = entry.HeaderOffset,
        };
}
