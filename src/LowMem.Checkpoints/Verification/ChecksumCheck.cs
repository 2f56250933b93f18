using System.Globalization;
using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Division;

namespace LowMem.Checkpoints.Verification;

/// <summary>Compares the CRC-32 that zip archives carry with that of what is in them.</summary>
internal sealed class ChecksumCheck(Checkpoint checkpoint, bool hasManifest)
{
    private const int MaxKeysNamed = 5;

    private readonly List<CheckpointFinding> findings = [];
    private readonly List<CheckedRecord> records = [];
    private readonly Dictionary<StoredContent, CheckedRecord> byContent = [];

    /// <summary>Names the ranges to be read. Reads the directories of archives.</summary>
    public void Plan(BlockPlan plan, TensorDataReader reader, CancellationToken cancellationToken)
    {
        var formats = checkpoint.Tensors.DistinctBy(tensor => tensor.Path).ToDictionary(tensor => tensor.Path, tensor => tensor.Format);
        var without = new HashSet<string>(StringComparer.Ordinal);
        bool isMember = ArchivePath.TryParse(checkpoint.Path) is not null;
        foreach (var file in checkpoint.Files)
        {
            if (isMember)
            {
                PlanOuterArchive(file, plan, reader, cancellationToken);
                continue;
            }

            string format = formats.GetValueOrDefault(file.Path, checkpoint.Format);
            if (format is CheckpointFormats.PyTorchZip or CheckpointFormats.TorchScript or CheckpointFormats.TorchExport && !checkpoint.IsUnpacked)
            {
                var archive = ZipDirectoryReader.Read(reader.GetFile(file.Path), cancellationToken);
                PlanArchive(archive, 0, plan, cancellationToken);
            }
            else if (format != CheckpointFormats.Distributed && without.Add(format) && !hasManifest)
            {
                findings.Add(new CheckpointFinding(
                    FindingSeverity.Information,
                    FindingCodes.ChecksumAbsent,
                    null,
                    null,
                    $"a file of the format {format} carries no checksums, so that changed bytes do not show; "
                    + "make a manifest with New-CheckpointManifest while the file is known to be good"));
            }
        }

        // Of a distributed checkpoint every piece is an archive inside a file, of an exported program a state dict may be.
        foreach (var place in checkpoint.Archives)
        {
            var part = reader.GetFile(place.Path).Slice(place.Offset, place.Length);
            PlanArchive(ZipDirectoryReader.Read(part, cancellationToken), place.Offset, plan, cancellationToken);
        }

        foreach (var tensor in checkpoint.Tensors.SelectMany(Parts))
        {
            if (plan.GetContent(tensor) is { } content && byContent.TryGetValue(content, out var record))
            {
                record.Keys.Add(tensor.Key);
            }
        }
    }

    /// <summary>What came out, once everything has been read.</summary>
    /// <param name="share">What was read here.</param>
    public IEnumerable<PlacedFinding> Conclude(PlanShare share)
    {
        foreach (var (place, finding) in findings.Index())
        {
            if (share.HasCommon)
            {
                yield return new PlacedFinding(FindingSection.Checksums, place, 0, finding);
            }
        }

        long notComputed = 0;
        foreach (var (place, record) in records.Index())
        {
            var finding = share.Has(record.Checksum) ? Judge(record, ref notComputed) : null;
            if (finding is not null)
            {
                yield return new PlacedFinding(FindingSection.Checksums, findings.Count + place, 0, finding);
            }
        }

        if (notComputed > 0)
        {
            yield return new PlacedFinding(FindingSection.Checksums, findings.Count + records.Count, 0, DescribeNotComputed(notComputed), notComputed);
        }
    }

    /// <summary>Says how many records have no checksum.</summary>
    public static CheckpointFinding DescribeNotComputed(long count) => new(
        FindingSeverity.Information,
        FindingCodes.ChecksumAbsent,
        null,
        null,
        $"{count} record(s) carry the checksum 0, which writers leave when they do not compute it; they were not checked");

    private static CheckpointFinding? Judge(CheckedRecord record, ref long notComputed)
    {
        var entry = record.Entry;
        if (record.Content.Problem is { } problem)
        {
            return new CheckpointFinding(
                FindingSeverity.Error,
                FindingCodes.ArchiveEntryInvalid,
                record.Keys.FirstOrDefault(),
                record.Content.Offset,
                $"{record.What} {problem}");
        }

        // Writers may leave the field empty; PyTorch has an option for it.
        bool differs = record.Checksum.Value != entry.Crc32;
        notComputed += differs && entry.Crc32 == 0 ? 1 : 0;
        return differs && entry.Crc32 != 0 ? Mismatch(record, record.Checksum.Value) : null;
    }

    /// <summary>The tensor, or the pieces it is kept in, under its own name.</summary>
    private static IEnumerable<TensorInfo> Parts(TensorInfo tensor) =>
        tensor.Chunks is null ? [tensor] : tensor.Chunks.Select(chunk => chunk.Source with { Key = tensor.Key });

    /// <summary>The archive that the checkpoint is a file of: a zip has checksums of all files in it, a tar none.</summary>
    private void PlanOuterArchive(CheckpointFile file, BlockPlan plan, TensorDataReader reader, CancellationToken cancellationToken)
    {
        var outer = reader.GetFile(file.Path);
        if (ContentDetector.Detect(outer) == ContentKind.Zip)
        {
            PlanArchive(ZipDirectoryReader.Read(outer, cancellationToken), 0, plan, cancellationToken);
        }
        else if (checkpoint.Archives.Count == 0 && !hasManifest)
        {
            findings.Add(new CheckpointFinding(
                FindingSeverity.Information,
                FindingCodes.ChecksumAbsent,
                null,
                null,
                "the archive carries no checksums of the files in it, so that changed bytes do not show"));
        }
    }

    /// <param name="archive">The archive.</param>
    /// <param name="start">Where it starts in its file.</param>
    /// <param name="plan">Takes the ranges.</param>
    /// <param name="cancellationToken">Ends the planning early.</param>
    private void PlanArchive(ZipArchive archive, long start, BlockPlan plan, CancellationToken cancellationToken)
    {
        long endOfLast = 0;
        foreach (var entry in archive.EntriesInFileOrder)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!entry.IsReadable)
            {
                // The archive has said so when it was opened.
                continue;
            }

            try
            {
                long offset = archive.GetDataOffset(entry);
                if (entry.HeaderOffset < endOfLast)
                {
                    AddEntryFinding(FindingSeverity.Error, entry, $"record '{DisplayText.Name(entry.Name)}' overlaps the one before it");
                    continue;
                }

                endOfLast = offset + entry.CompressedLength;
                PlanEntry(archive, entry, start + offset, plan);
            }
            catch (CheckpointException exception)
            {
                AddEntryFinding(FindingSeverity.Error, entry, exception.Detail);
            }
        }
    }

    private void PlanEntry(ZipArchive archive, ZipEntry entry, long offset, BlockPlan plan)
    {
        string name = DisplayText.Name(entry.Name);
        switch (entry.Method)
        {
            case ZipEntry.Stored when entry.CompressedLength == entry.Length:
                Add(plan.GetContent(archive.File.Name, offset, entry.Length, packedLength: null), entry);
                break;
            case ZipEntry.Deflated when !entry.ClaimsTooMuch:
                Add(plan.GetContent(archive.File.Name, offset, entry.Length, entry.CompressedLength), entry);
                break;
            case ZipEntry.Stored:
                AddEntryFinding(FindingSeverity.Error, entry, $"record '{name}' is stored, and yet its two sizes differ");
                break;
            case ZipEntry.Deflated:
                AddEntryFinding(
                    FindingSeverity.Error, entry, $"record '{name}' claims to unfold {entry.CompressedLength} bytes to {entry.Length}");
                break;
        }
    }

    private void Add(StoredContent content, ZipEntry entry)
    {
        // Two archives may name one place.
        if (byContent.TryGetValue(content, out var known))
        {
            records.Remove(known);
        }

        var record = new CheckedRecord(content, entry, new ChecksumConsumer(content.Length), []);
        content.MayBeBroken = true;
        content.Add(0, content.Length, record.Checksum);
        byContent[content] = record;
        records.Add(record);
    }

    private void AddEntryFinding(FindingSeverity severity, ZipEntry entry, string message) =>
        findings.Add(new CheckpointFinding(severity, FindingCodes.ArchiveEntryInvalid, null, entry.HeaderOffset, message));

    private static CheckpointFinding Mismatch(CheckedRecord record, uint found)
    {
        string keys = record.Keys.Count == 0
            ? string.Empty
            : $"; it holds {string.Join(", ", record.Keys.Take(MaxKeysNamed).Select(key => $"'{DisplayText.Name(key)}'"))}"
                + (record.Keys.Count > MaxKeysNamed ? $" and {record.Keys.Count - MaxKeysNamed} more" : string.Empty);
        return new CheckpointFinding(
            FindingSeverity.Error,
            FindingCodes.ChecksumMismatch,
            record.Keys.FirstOrDefault(),
            record.Content.Offset,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{record.What} has changed since it was written: its CRC-32 should be {record.Entry.Crc32:x8} and is {found:x8}{keys}"));
    }

    /// <summary>A record whose checksum is compared.</summary>
    private sealed record CheckedRecord(StoredContent Content, ZipEntry Entry, ChecksumConsumer Checksum, List<string> Keys)
    {
        public string What => $"record '{DisplayText.Name(Entry.Name)}'";
    }
}
