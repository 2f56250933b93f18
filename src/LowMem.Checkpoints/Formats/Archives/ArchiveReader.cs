using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Archives;

/// <summary>Opens a checkpoint that is a file in an archive, or in an archive in that one.</summary>
/// <param name="location">Where it is.</param>
/// <param name="path">The path that was asked for.</param>
/// <param name="looksAround">Whether to look at what else the archives hold, and to report it as if it were the checkpoint's.</param>
/// <param name="cancellationToken">Ends the reading early.</param>
internal sealed class ArchiveReader(CheckpointLocation location, ArchivePath path, bool looksAround, CancellationToken cancellationToken)
{
    /// <summary>An archive in an archive, and no more.</summary>
    private const int MostLevels = 2;

    private readonly List<CheckpointFinding> findings = [];
    private readonly List<HiddenBytes> others = [];

    public Checkpoint Open()
    {
        using var file = location.Open(path.File, cancellationToken);
        var checkpoint = OpenIn(file, file, path.Member, 1);
        return looksAround ? AddOthers(checkpoint) : checkpoint;
    }

    private Checkpoint OpenIn(RandomAccessSource file, RandomAccessSource part, string name, int level)
    {
        var archive = OuterArchive.TryOpen(part, cancellationToken)
            ?? throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                path.ToString(),
                level == 1
                    ? "what stands in front of '!/' is no archive: only of zip, tar, and tar in gzip a file can be named."
                    : $"the archive in the archive is no zip or tar, so that it holds no '{DisplayText.Name(name)}'.");
        if (archive.Find(name) is { } member)
        {
            return Read(file, archive, member);
        }

        int separator = ArchivePath.FindSeparator(name, 0);
        if (separator > 0 && archive.Find(name[..separator]) is { } inner)
        {
            if (level == MostLevels)
            {
                throw new CheckpointException(
                    CheckpointErrorIds.Unsupported,
                    path.ToString(),
                    "archives are opened up to one in another, no deeper. Unpack the outer ones.");
            }

            LookAround(archive, inner);
            return OpenIn(file, OpenMember(archive, inner), name[(separator + ArchivePath.Separator.Length)..], level + 1);
        }

        throw new CheckpointException(
            CheckpointErrorIds.NotFound, path.ToString(), $"the archive holds no '{DisplayText.Name(name)}'. {ArchiveContents.Describe(archive, cancellationToken)}");
    }

    private Checkpoint Read(RandomAccessSource file, OuterArchive archive, ArchiveMember member)
    {
        var part = OpenMember(archive, member);
        LookAround(archive, member);
        try
        {
            if (ContentDetector.Detect(part) is ContentKind.ShardIndex or ContentKind.DistributedMetadata)
            {
                throw new CheckpointException(
                    CheckpointErrorIds.Unsupported,
                    path.ToString(),
                    "this file names others, which are looked for in a directory and not in an archive. Unpack the archive.");
            }

            return MemberPlaces.Move(CheckpointOpener.OpenFile(part, path.ToString(), cancellationToken), part, file.Version);
        }
        catch (CheckpointException exception) when (exception.Path == file.Name)
        {
            throw exception.Saying(
                exception.Detail, path.ToString(), part.UnfoldedContent is null ? exception.Offset + part.Origin : null);
        }
    }

    private RandomAccessSource OpenMember(OuterArchive archive, ArchiveMember member)
    {
        try
        {
            return archive.Open(member);
        }
        catch (CheckpointException exception)
        {
            throw exception.Saying($"{exception.Detail} Where another program can unpack it, unpack it, and name the file.", path.ToString(), exception.Offset);
        }
    }

    private void LookAround(OuterArchive archive, ArchiveMember member)
    {
        if (looksAround)
        {
            others.AddRange(archive.ReadOthers(member));
            findings.AddRange(archive.Findings);
        }
    }

    /// <summary>Whoever unpacks the archive, or gives it to the program that wrote it, gets what is beside the checkpoint, too.</summary>
    private Checkpoint AddOthers(Checkpoint checkpoint)
    {
        var report = GlobalReport.Of([], others, cancellationToken).OrRefuse(path.ToString());
        return checkpoint with
        {
            Globals = NameUnion.Of(checkpoint.Globals, [report.All]),
            UnknownGlobals = NameUnion.Of(checkpoint.UnknownGlobals, [report.Unknown]),
            UnknownUses = [.. checkpoint.UnknownUses, .. report.UnknownUses.Where(use => !checkpoint.UnknownGlobals.Contains(use.Name))],
            UnsafeGlobals = NameUnion.Of(checkpoint.UnsafeGlobals, [report.Unsafe]),
            Findings = [.. findings, .. report.Findings, .. checkpoint.Findings],
        };
    }
}
