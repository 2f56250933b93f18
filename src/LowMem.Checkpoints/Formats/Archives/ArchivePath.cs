using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Archives;

/// <summary>
/// The path of something in an archive: that of the archive, <c>!/</c>, and the name inside, as in
/// <c>agent.zip!/policy.pth</c>. On Windows <c>!\</c> will do, too.
/// </summary>
/// <param name="File">The full path of the archive.</param>
/// <param name="Member">The name inside it; it may have another <c>!/</c> for an archive in the archive.</param>
public sealed record ArchivePath(string File, string Member)
{
    /// <summary>What stands between the archive and the name.</summary>
    public const string Separator = "!/";

    /// <summary>Takes a path apart. What names no file in front of a separator, or leads into a directory whose name ends in <c>!</c>, is no such path.</summary>
    /// <param name="path">Any path.</param>
    /// <returns>Null when it is a path of the file system.</returns>
    public static ArchivePath? TryParse(string path) => TryParse(path, CheckpointLocation.Local);

    /// <summary>Takes the name of something in a location apart, as <see cref="TryParse(string)"/> does a path.</summary>
    /// <param name="path">Any name.</param>
    /// <param name="location">Where it is.</param>
    /// <returns>Null when it is a name in the location itself.</returns>
    public static ArchivePath? TryParse(string path, CheckpointLocation location)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(location);

        // The name inside is no path of the file system: ".." in it leads nowhere, so that the whole is never looked up there.
        for (int i = FindSeparator(path, 0); i >= 0; i = FindSeparator(path, i + 1))
        {
            if (i + Separator.Length < path.Length && IsArchive(path[..i], location))
            {
                return new ArchivePath(location.GetFullName(path[..i]), path[(i + Separator.Length)..]);
            }
        }

        return null;
    }

    /// <summary>The full path; of a path into an archive, that of the archive is made full.</summary>
    /// <param name="path">Any path.</param>
    public static string GetFullPath(string path) => TryParse(path)?.ToString() ?? System.IO.Path.GetFullPath(path);

    /// <summary>The file that is opened for a path: the archive, or the path itself.</summary>
    /// <param name="path">Any path.</param>
    public static string GetFile(string path) => TryParse(path)?.File ?? path;

    /// <summary>Where the separator stands that comes first; -1 when there is none.</summary>
    /// <param name="path">Any path.</param>
    /// <param name="start">Where to begin.</param>
    public static int FindSeparator(string path, int start)
    {
        ArgumentNullException.ThrowIfNull(path);
        for (int i = path.IndexOf('!', start); i >= 0 && i + 1 < path.Length; i = path.IndexOf('!', i + 1))
        {
            if (path[i + 1] == '/' || path[i + 1] == System.IO.Path.DirectorySeparatorChar)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether a path in front of a separator is that of a file, and no directory has that name with the <c>!</c>.</summary>
    /// <param name="path">What stands in front of the separator.</param>
    public static bool IsArchive(string path) => IsArchive(path, CheckpointLocation.Local);

    private static bool IsArchive(string path, CheckpointLocation location) => location.FileExists(path) && !location.DirectoryExists(path + '!');

    /// <summary>The names of all files in an archive, in its order.</summary>
    /// <param name="file">A zip, a tar, or a tar in gzip.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">It is none of these, or cannot be read.</exception>
    public static IReadOnlyList<string> GetMembers(string file, CancellationToken cancellationToken = default)
    {
        using var reader = CheckpointLocation.Local.Open(file, cancellationToken);
        return OuterArchive.TryOpen(reader, cancellationToken) is { } archive
            ? [.. archive.Members.Select(member => member.Name)]
            : throw new CheckpointException(CheckpointErrorIds.FormatInvalid, file, "this is no archive (zip, tar, or tar in gzip).");
    }

    /// <summary>The path as it is written.</summary>
    public override string ToString() => $"{File}{Separator}{Member}";
}
