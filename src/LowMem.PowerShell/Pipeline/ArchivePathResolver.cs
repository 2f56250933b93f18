using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Archives;
using LowMem.PowerShell.Errors;

namespace LowMem.PowerShell.Pipeline;

/// <summary>
/// Finds the archives and the files in them that a path with <c>!/</c> means. PowerShell would take the name inside for a
/// path of the file system, which is not there, and <c>..</c> in it for a step up.
/// </summary>
internal static class ArchivePathResolver
{
    /// <summary>The paths into archives; null when the path is none, so that it is one of the file system.</summary>
    /// <param name="path">What somebody typed.</param>
    /// <param name="literal">Whether wildcards mean themselves.</param>
    /// <param name="resolve">Finds files of the file system, and takes wildcards when it is not literal; may refuse.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <exception cref="CheckpointException">A wildcard stands for files of an archive, and it cannot be read, or has no such file.</exception>
    public static IReadOnlyList<string>? Resolve(
        string path, bool literal, Func<string, IEnumerable<string>> resolve, CancellationToken cancellationToken)
    {
        for (int i = ArchivePath.FindSeparator(path, 0); i >= 0; i = ArchivePath.FindSeparator(path, i + 1))
        {
            string member = path[(i + ArchivePath.Separator.Length)..];
            List<string> archives = member.Length == 0 ? [] : FindArchives(path[..i], resolve);
            if (archives.Count > 0)
            {
                return [.. archives.SelectMany(archive => FindMembers(archive, member, literal, cancellationToken))];
            }
        }

        return null;
    }

    /// <summary>The archives that the text in front of a separator means.</summary>
    /// <param name="path">That text.</param>
    /// <param name="resolve">Finds files of the file system; may refuse.</param>
    public static List<string> FindArchives(string path, Func<string, IEnumerable<string>> resolve)
    {
        try
        {
            return [.. resolve(path).Where(ArchivePath.IsArchive)];
        }
        catch (RefusedException)
        {
            // The separator may be a part of a name: the next one is tried.
            return [];
        }
    }

    private static List<string> FindMembers(string archive, string member, bool literal, CancellationToken cancellationToken)
    {
        if (literal || !WildcardPattern.ContainsWildcardCharacters(member) || ArchivePath.FindSeparator(member, 0) >= 0)
        {
            return [new ArchivePath(archive, literal ? member : WildcardPattern.Unescape(member)).ToString()];
        }

        var pattern = WildcardPattern.Get(member, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        List<string> found =
        [
            .. ArchivePath.GetMembers(archive, cancellationToken)
                .Where(pattern.IsMatch)
                .Select(name => new ArchivePath(archive, name).ToString()),
        ];
        return found.Count > 0
            ? found
            : throw new CheckpointException(
                CheckpointErrorIds.NotFound, new ArchivePath(archive, member).ToString(), "no file in the archive matches this pattern.");
    }
}
