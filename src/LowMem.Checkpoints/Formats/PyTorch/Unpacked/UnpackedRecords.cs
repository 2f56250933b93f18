
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Unpacked;

/// <summary>
/// The files of a directory that was an archive of PyTorch, by the names that they had in it. Links to directories are not
/// followed, and links to files only where they stay inside.
/// </summary>
internal sealed class UnpackedRecords
{
    /// <summary>The main pickle of an archive, by which the directory is known.</summary>
    public const string MainPickle = "data.pkl";

    /// <summary>No archive of PyTorch nests its records deeper.</summary>
    private const int MaxDepth = 32;

    /// <summary>Ten times as many as any model has tensors.</summary>
    private const int MaxFiles = 1_000_000;

    private readonly SortedSet<string> names = new(StringComparer.Ordinal);

    private UnpackedRecords(string directory) => Directory = directory;

    public string Directory { get; }

    /// <summary>The names, with <c>/</c> between their parts, sorted.</summary>
    public IReadOnlyCollection<string> Names => names;

    /// <summary>Whether a directory was an archive: it holds the pickle, and beside it a record that every archive has.</summary>
    public static bool IsPresent(string directory) =>
        File.Exists(Path.Combine(directory, MainPickle))
        && (System.IO.Directory.Exists(Path.Combine(directory, ZipStorageResolver.DataFolder)) || File.Exists(Path.Combine(directory, "version")));

    public static UnpackedRecords List(string directory, CancellationToken cancellationToken)
    {
        var records = new UnpackedRecords(directory);
        var waiting = new Stack<(DirectoryInfo Folder, string Prefix, int Depth)>([(new DirectoryInfo(directory), string.Empty, 0)]);
        try
        {
            while (waiting.TryPop(out var next))
            {
                cancellationToken.ThrowIfCancellationRequested();
                records.List(next.Folder, next.Prefix, next.Depth, waiting);
            }
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw FileErrors.Wrap(exception, directory);
        }

        return records;
    }

    public bool Contains(string name) => names.Contains(name);

    /// <exception cref="CheckpointException">It is not there, cannot be read, is no regular file, or leads out of the directory.</exception>
    public CheckpointFileReader Open(string name) => ContainedFile.Open(Directory, name);

    private void List(DirectoryInfo folder, string prefix, int depth, Stack<(DirectoryInfo Folder, string Prefix, int Depth)> waiting)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false }))
        {
            if (entry is not DirectoryInfo below)
            {
                names.Add(prefix + entry.Name);
            }
            else if (!entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                if (depth == MaxDepth)
                {
                    throw new CheckpointException(
                        CheckpointErrorIds.Unsupported, Directory, $"the directory nests others more than {MaxDepth} deep, as no archive of PyTorch does.");
                }

                waiting.Push((below, $"{prefix}{entry.Name}/", depth + 1));
            }

            if (names.Count > MaxFiles)
            {
                throw new CheckpointException(
                    CheckpointErrorIds.Unsupported, Directory, $"the directory holds more than the {MaxFiles} files that are read here.");
            }
        }
    }
}
