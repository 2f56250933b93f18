using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>The files of a model: what a signature covers.</summary>
internal static class ModelFiles
{
    /// <summary>Never signed, at the top of the model: they change with every checkout.</summary>
    private static readonly string[] AlwaysIgnored = [".git", ".gitignore", ".gitattributes", ".github"];

    /// <summary>A model is not deeper; a link may make it endless.</summary>
    private const int MaxDepth = 64;

    /// <summary>All files below a directory that are not left out, by path, sorted.</summary>
    /// <param name="directory">A full path.</param>
    /// <param name="ignored">Paths relative to it, with slashes, that are left out, each with all that is below it.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <exception cref="CheckpointException">A directory may not be read.</exception>
    public static List<ModelFile> List(string directory, IEnumerable<string> ignored, CancellationToken cancellationToken)
    {
        var left = ignored.Concat(AlwaysIgnored).ToHashSet(StringComparer.Ordinal);
        var files = new List<ModelFile>();
        var waiting = new Stack<(DirectoryInfo Directory, string Prefix, int Depth)>();
        waiting.Push((new DirectoryInfo(directory), string.Empty, 0));
        try
        {
            while (waiting.TryPop(out var next))
            {
                foreach (var entry in next.Directory.EnumerateFileSystemInfos("*", AllOfThem))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    string path = next.Prefix + entry.Name;
                    if (left.Contains(path))
                    {
                        continue;
                    }

                    bool isLink = entry.Attributes.HasFlag(FileAttributes.ReparsePoint) && entry.LinkTarget is not null;
                    if (entry is not DirectoryInfo folder || isLink)
                    {
                        files.Add(new ModelFile(path, entry.FullName, isLink, entry is DirectoryInfo));
                    }
                    else if (next.Depth == MaxDepth)
                    {
                        throw new CheckpointException(
                            CheckpointErrorIds.Unsupported, entry.FullName, $"the directory lies more than {MaxDepth} levels below '{directory}'.");
                    }
                    else
                    {
                        waiting.Push((folder, path + '/', next.Depth + 1));
                    }
                }
            }
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw FileErrors.Wrap(exception, directory);
        }

        files.Sort((one, other) => string.CompareOrdinal(one.Path, other.Path));
        return files;
    }

    /// <summary>The full path; a name of a server is one.</summary>
    public static string GetFullName(string path) => RemoteNames.IsAddress(path) ? path : Path.GetFullPath(path);

    /// <summary>The path of a file relative to a directory, with slashes; null when it does not lie in it.</summary>
    public static string? GetRelative(string directory, string path)
    {
        string relative = Path.GetRelativePath(directory, path).Replace(Path.DirectorySeparatorChar, '/');
        return relative == "." || relative == ".." || relative.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(relative)
            ? null
            : relative;
    }

    /// <summary>Whether a file is one of those that are never signed, or below one.</summary>
    public static bool IsNeverSigned(string directory, string path) =>
        GetRelative(directory, path) is { } relative && IsAmong(relative, AlwaysIgnored);

    /// <summary>Whether a relative path is one of some, or below one of them.</summary>
    public static bool IsAmong(string relative, IEnumerable<string> paths) => paths.Any(
        path => relative == path || (relative.StartsWith(path, StringComparison.Ordinal) && relative.AsSpan(path.Length) is ['/', ..]));

    /// <summary>A path for a message.</summary>
    public static string Show(string path) => DisplayText.Name(path);

    private static EnumerationOptions AllOfThem { get; } = new()
    {
        // Hidden files are files.
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
    };
}
