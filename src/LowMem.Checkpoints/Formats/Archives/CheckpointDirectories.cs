using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Archives;

/// <summary>The directory of a checkpoint, to which the names of its files are relative.</summary>
internal static class CheckpointDirectories
{
    /// <summary>The checkpoint's own directory, or the one that its file or archive is in.</summary>
    public static string GetDirectory(this Checkpoint checkpoint, CheckpointLocation location)
    {
        string path = location.GetFullName(ArchivePath.TryParse(checkpoint.Path, location)?.File ?? checkpoint.Path);
        return location.DirectoryExists(path) ? path : location.GetDirectory(path) ?? path;
    }
}
