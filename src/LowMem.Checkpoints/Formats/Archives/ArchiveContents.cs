using LowMem.Checkpoints.Containers.Tar;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Archives;

/// <summary>Says which files of an archive are checkpoints, by their names and first bytes.</summary>
internal static class ArchiveContents
{
    private const int MostNamed = 5;
    private const int MostProbed = 256;
    private const int ProbeLength = 512;
    private const long MostUnfolded = 16 << 20;

    private static readonly string[] ArchiveExtensions = [".zip", ".tar", ".mar", ".nemo", ".tgz"];

    /// <summary>An error about an archive that is no checkpoint, with what the archive holds; others as they are.</summary>
    public static CheckpointException Explain(
        RandomAccessSource file, ContentKind kind, string checkpoint, CheckpointException exception, CancellationToken cancellationToken)
    {
        if (kind is not (ContentKind.Zip or ContentKind.Tar) || exception.ErrorId != CheckpointErrorIds.FormatInvalid)
        {
            return exception;
        }

        try
        {
            return OuterArchive.TryOpen(file, cancellationToken) is { } archive && !IsPyTorch(archive, kind)
                ? exception.Saying($"{exception.Detail} {Describe(archive, cancellationToken, ArchivePath.GetFile(checkpoint) == checkpoint ? file.Name : checkpoint)}", null, exception.Offset)
                : exception;
        }
        catch (CheckpointException)
        {
            // The archive is broken, which is what the error says already.
            return exception;
        }
    }

    /// <summary>The names of checkpoints in a file that is an archive, and no checkpoint itself; of a tar in gzip those near its start.</summary>
    public static IReadOnlyList<string> FindInside(RandomAccessSource file, int most, CancellationToken cancellationToken)
    {
        var kind = ContentDetector.Detect(file);
        var archive = kind is ContentKind.Zip or ContentKind.Tar
            ? OuterArchive.TryOpen(file, cancellationToken)
            : OpenStart(file, cancellationToken);
        return archive is null || IsPyTorch(archive, kind) ? [] : FindCheckpoints(archive, most, withArchives: false, cancellationToken);
    }

    /// <summary>What there is in a tar archive inside gzip, as far as its first bytes tell; null when it is none.</summary>
    public static string? DescribeGzip(RandomAccessSource file, CancellationToken cancellationToken)
    {
        try
        {
            return OpenStart(file, cancellationToken) is { } archive
                ? $"It holds a tar archive. {Describe(archive, cancellationToken, file.Name)}"
                : null;
        }
        catch (CheckpointException)
        {
            return null;
        }
    }

    private static TarOuterArchive? OpenStart(RandomAccessSource file, CancellationToken cancellationToken)
    {
        if (!GzipFile.IsGzip(file) || !TarDirectory.IsTar(Unfold(ProbeLength).Span))
        {
            return null;
        }

        return TarOuterArchive.OfStart(GzipFile.UnfoldStart(file, MostUnfolded, out _, cancellationToken), cancellationToken);

        ReadOnlyMemory<byte> Unfold(int length) => GzipFile.UnfoldStart(file, length, out _, cancellationToken).UnfoldedContent!.Value;
    }

    /// <summary>What is in the archive, in sentences.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <param name="path">Its path, to show how a file is named; null when that is known.</param>
    public static string Describe(OuterArchive archive, CancellationToken cancellationToken, string? path = null)
    {
        var checkpoints = FindCheckpoints(archive, MostNamed + 1, withArchives: true, cancellationToken);
        if (checkpoints.Count > 0)
        {
            string how = path is null ? string.Empty : $" Name one by the archive, '!/' and its name: {path}{ArchivePath.Separator}{DisplayText.Name(checkpoints[0])}";
            return $"It holds checkpoints: {Names(checkpoints)}.{how}";
        }

        var names = archive.Members.Select(member => member.Name).Take(MostNamed + 1).ToList();
        return names.Count == 0 ? "It holds no files."
            : names.TrueForAll(name => name.EndsWith(".npy", StringComparison.Ordinal)) ? $"It holds arrays of NumPy (.npz): {Names(names)}. Save them with torch.save or as safetensors."
            : names.Exists(name => name.EndsWith(".h5", StringComparison.Ordinal)) ? $"It is a model of Keras: {Names(names)}. Get the model's files for PyTorch."
            : $"It holds no checkpoint, but {Names(names)}.";
    }

    /// <summary>The names of files that are checkpoints, or archives which may hold some.</summary>
    private static List<string> FindCheckpoints(OuterArchive archive, int most, bool withArchives, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        int probed = 0;
        foreach (var member in archive.Members)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (found.Count == most)
            {
                break;
            }

            if (member.Length > 0
                && (CheckpointSigns.IsNamedLikeOne(member.Name)
                    || (withArchives && ArchiveExtensions.Contains(Path.GetExtension(member.Name), StringComparer.OrdinalIgnoreCase))
                    || (probed++ < MostProbed && StartsLikeOne(archive, member))))
            {
                found.Add(OuterArchive.Normalize(member.Name));
            }
        }

        return found;
    }

    private static bool StartsLikeOne(OuterArchive archive, ArchiveMember member)
    {
        try
        {
            return CheckpointSigns.StartsLikeOne(archive.ReadStart(member, ProbeLength), member.Length);
        }
        catch (CheckpointException)
        {
            return false;
        }
    }

    /// <summary>Whether the archive itself is what PyTorch writes, and only broken or of a kind that is not read.</summary>
    private static bool IsPyTorch(OuterArchive archive, ContentKind kind) => kind == ContentKind.Zip
        ? archive.Members.Any(member => IsPyTorchRecord(member.Name))
        : archive.Members.Any(member => member.Name is "storages" or "pickle");

    /// <summary>The pickle of a saved object; the mark of <c>torch.export</c>; what every writer of PyTorch adds.</summary>
    private static bool IsPyTorchRecord(string name)
    {
        string below = name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return below is "data.pkl" or "archive_format" || below.StartsWith(".data/", StringComparison.Ordinal) || name.StartsWith(".data/", StringComparison.Ordinal);
    }

    private static string Names(List<string> names)
    {
        string shown = string.Join(", ", names.Take(MostNamed).Select(name => $"'{DisplayText.Name(name)}'"));
        return names.Count > MostNamed ? $"{shown} and more" : shown;
    }
}
