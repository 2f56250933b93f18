using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Folders;

/// <summary>The names of what is in one directory, read once and in the order of names; links are told by what they lead to.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="Files">Everything that is no directory.</param>
/// <param name="Folders">The directories.</param>
internal sealed record FolderListing(SourceDirectory Directory, IReadOnlyList<string> Files, IReadOnlyList<string> Folders)
{
    /// <exception cref="CheckpointException">The directory is not there, or may not be read.</exception>
    public static FolderListing Read(SourceDirectory directory, CancellationToken cancellationToken)
    {
        var files = new List<string>();
        var folders = new List<string>();
        foreach (var entry in directory.List())
        {
            cancellationToken.ThrowIfCancellationRequested();
            (entry.IsDirectory ? folders : files).Add(entry.Name);
        }

        files.Sort(StringComparer.Ordinal);
        folders.Sort(StringComparer.Ordinal);
        return new FolderListing(directory, files, folders);
    }

    /// <summary>The files of a name, whatever their case: on some file systems these are one file, on others several.</summary>
    public IEnumerable<string> Find(string name) => Files.Where(file => file.Equals(name, StringComparison.OrdinalIgnoreCase));

    public string GetPath(string name) => Directory.GetName(name);
}
