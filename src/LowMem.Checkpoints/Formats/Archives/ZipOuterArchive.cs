using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Archives;

/// <summary>A zip archive of files.</summary>
internal sealed class ZipOuterArchive(ZipArchive archive) : OuterArchive(archive.File)
{
    public override IEnumerable<ArchiveMember> Members => archive.Entries
        .Select((entry, number) => new ArchiveMember(number, entry.Name, entry.Length))
        .Where(member => !member.Name.EndsWith('/'));

    public override IReadOnlyList<CheckpointFinding> Findings => archive.Findings;

    public override RandomAccessSource Open(ArchiveMember member)
    {
        var entry = archive.Entries[member.Number];
        if (entry.IsPlain)
        {
            return File.Slice(archive.GetDataOffset(entry), entry.Length);
        }

        if (entry.IsReadable && entry.Length > GzipFile.GetLimit(entry.CompressedLength))
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported,
                File.Name,
                $"'{DisplayText.Name(member.Name)}' unfolds {entry.CompressedLength} bytes to {entry.Length}, more than is held in memory here. Unpack the archive, and name the file.")
            {
                Record = member.Name,
                Offset = entry.HeaderOffset,
            };
        }

        return File.WithContent(archive.ReadContent(entry, entry.Length, out _), entry.CompressedLength);
    }

    public override byte[] ReadStart(ArchiveMember member, int length) => archive.ReadStart(archive.Entries[member.Number], length);

    public override IEnumerable<HiddenBytes> ReadOthers(ArchiveMember member)
    {
        // No record is the data of a tensor here, whatever its name.
        long limit = Math.Max(File.StoredLength, 1 << 20) * 16;
        return HiddenRecords.Read(archive, archive.Entries[member.Number], folders: [], limit, CancellationToken.None);
    }
}
