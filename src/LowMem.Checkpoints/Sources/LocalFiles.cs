using System.IO.Enumeration;

namespace LowMem.Checkpoints.Sources;

/// <summary>The local file system.</summary>
internal sealed class LocalFiles : CheckpointLocation
{
    protected internal override RandomAccessSource OpenUnbuffered(string name, CancellationToken cancellationToken = default) =>
        FileSource.Open(name, cancellationToken);

    public override RandomAccessSource OpenInside(string directory, string name, CancellationToken cancellationToken = default)
    {
        ContainedFile.Check(directory, name);
        return base.OpenInside(directory, name, cancellationToken);
    }

    public override bool FileExists(string name) => File.Exists(name);

    public override bool DirectoryExists(string name) => Directory.Exists(name);

    public override IEnumerable<LocationEntry> List(string directory)
    {
        var entries = new FileSystemEnumerable<LocationEntry>(
            directory,
            (ref FileSystemEntry entry) => new LocationEntry(
                entry.FileName.ToString(), entry.IsDirectory, entry.Attributes.HasFlag(FileAttributes.ReparsePoint)),
            new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false });
        IEnumerator<LocationEntry>? each = null;
        try
        {
            while (true)
            {
                try
                {
                    each ??= entries.GetEnumerator();
                    if (!each.MoveNext())
                    {
                        yield break;
                    }
                }
                catch (Exception exception) when (FileErrors.IsFileError(exception))
                {
                    throw FileErrors.Wrap(exception, directory);
                }

                yield return each.Current;
            }
        }
        finally
        {
            each?.Dispose();
        }
    }

    public override string GetFullName(string name) => Path.GetFullPath(name);

    public override string? GetDirectory(string name) => Path.GetDirectoryName(name);

    public override string Combine(string directory, string name) => Path.Combine(directory, name);
}
