using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// Whether a file may be opened that the content of a checkpoint names. Whoever made the checkpoint may have put a link there: it may lead
/// to another file of the directory, and from a snapshot of the Hugging Face cache to the blobs of the same model. A link
/// to anywhere else is not followed, and of what is there nothing is read.
/// </summary>
internal static class ContainedFile
{
    /// <param name="directory">The directory of the checkpoint.</param>
    /// <param name="name">A name that stays inside it, as far as its text says.</param>
    /// <exception cref="CheckpointException">It leads out of the directory.</exception>
    public static void Check(string directory, string name)
    {
        if (LinkPaths.Resolve(directory) is { } home
            && LinkPaths.Resolve(Path.GetFullPath(name, directory)) is { } target
            && !IsBelow(target, home)
            && !IsBlobOf(target, home))
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                Path.Combine(directory, name),
                "a link leads out of the directory of the checkpoint, and is not followed. Put the file itself there, or name it by its own path.");
        }
    }

    private static bool IsBelow(string path, string directory) => path.StartsWith(
        Path.EndsInDirectorySeparator(directory) ? directory : directory + Path.DirectorySeparatorChar,
        OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    /// <summary>Whether it is in <c>MODEL/blobs</c> and the checkpoint in <c>MODEL/snapshots/REVISION</c> or below.</summary>
    private static bool IsBlobOf(string path, string directory)
    {
        for (string? revision = directory; Path.GetDirectoryName(revision) is { } snapshots; revision = snapshots)
        {
            if (Path.GetFileName(snapshots) == "snapshots" && Path.GetDirectoryName(snapshots) is { } model)
            {
                return Path.GetDirectoryName(path) == Path.Combine(model, "blobs");
            }
        }

        return false;
    }
}
