
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

    private readonly CancellationToken cancellationToken;

    private UnpackedRecords(SourceDirectory directory, CancellationToken cancellationToken)
    {
        Directory = directory;
        this.cancellationToken = cancellationToken;
    }

    public SourceDirectory Directory { get; }

    /// <summary>The names, with <c>/</c> between their parts, sorted.</summary>
    public IReadOnlyCollection<string> Names => names;

    /// <summary>Whether a directory was an archive: it holds the pickle, and beside it a record that every archive has.</summary>
    public static bool IsPresent(SourceDirectory directory) =>
        directory.HasFile(MainPickle) && (directory.HasDirectory(ZipStorageResolver.DataFolder) || directory.HasFile("version"));

    public static UnpackedRecords List(SourceDirectory directory, CancellationToken cancellationToken)
    {
        var records = new UnpackedRecords(directory, cancellationToken);
        var waiting = new Stack<(SourceDirectory Folder, string Prefix, int Depth)>([(directory, string.Empty, 0)]);
        while (waiting.TryPop(out var next))
        {
            cancellationToken.ThrowIfCancellationRequested();
            records.List(next.Folder, next.Prefix, next.Depth, waiting);
        }

        return records;
    }

    public bool Contains(string name) => names.Contains(name);

    /// <exception cref="CheckpointException">It is not there, cannot be read, is no regular file, or leads out of the directory.</exception>
    public RandomAccessSource Open(string name) => Directory.Open(name, cancellationToken);

    private void List(SourceDirectory folder, string prefix, int depth, Stack<(SourceDirectory Folder, string Prefix, int Depth)> waiting)
    {
        foreach (var entry in folder.List())
        {
            if (!entry.IsDirectory)
            {
                names.Add(prefix + entry.Name);
            }
            else if (!entry.IsLink)
            {
                if (depth == MaxDepth)
                {
                    throw new CheckpointException(
                        CheckpointErrorIds.Unsupported, Directory.Name, $"the directory nests others more than {MaxDepth} deep, as no archive of PyTorch does.");
                }

                waiting.Push((folder.Below(entry.Name), $"{prefix}{entry.Name}/", depth + 1));
            }

            if (names.Count > MaxFiles)
            {
                throw new CheckpointException(
                    CheckpointErrorIds.Unsupported, Directory.Name, $"the directory holds more than the {MaxFiles} files that are read here.");
            }
        }
    }
}
