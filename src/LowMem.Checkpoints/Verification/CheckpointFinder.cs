using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Formats.Distributed;
using LowMem.Checkpoints.Formats.Folders;
using LowMem.Checkpoints.Formats.PyTorch.Unpacked;
using LowMem.Checkpoints.Formats.Sharded;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Verification;

/// <summary>
/// Finds checkpoints below a directory by their content. Files that an index names are parts of it, and not found once
/// more. Links to directories are not followed, so that there is no loop.
/// </summary>
public sealed class CheckpointFinder
{
    private const int MaxDepth = 128;
    private const int MostMembers = 1000;

    /// <summary>The folders of an archive of PyTorch.</summary>
    private static readonly string[] UnpackedFolders = ["data", ".data", "code", "constants", "extra"];

    private readonly List<CheckpointException> errors = [];

    /// <summary>How many files have been looked at.</summary>
    public long FilesSeen { get; private set; }

    /// <summary>The directories that could not be looked through; the others were.</summary>
    public IReadOnlyList<CheckpointException> Errors => errors;

    /// <summary>Looks through a directory and all below it, in the order of names.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <returns>
    /// Paths to open, one by one: files, indexes of shards, sets of shards without an index (<c>model-*-of-00003.safetensors</c>),
    /// files in archives, descriptions of distributed checkpoints. A file that is named as
    /// a checkpoint is, and is none by its content, is among them: what is broken must not be skipped.
    /// </returns>
    public IEnumerable<string> Find(string directory, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var waiting = new Stack<(string Path, int Depth)>([(Path.GetFullPath(directory), 0)]);
        while (waiting.TryPop(out var next))
        {
            var (files, folders) = List(next.Path);
            if (UnpackedRecords.IsPresent(new SourceDirectory(CheckpointLocation.Local, next.Path)))
            {
                // What lies below is a part of it, and looked at when it is read.
                files.Remove(Path.Combine(next.Path, "constants.pkl"));
                folders.RemoveAll(folder => UnpackedFolders.Contains(Path.GetFileName(folder)));
            }

            foreach (string file in FindIn(next.Path, files, cancellationToken))
            {
                yield return file;
            }

            if (folders.Count > 0 && next.Depth == MaxDepth)
            {
                errors.Add(new CheckpointException(
                    CheckpointErrorIds.Unsupported, next.Path, $"what is more than {MaxDepth} levels deep is not looked for."));
                continue;
            }

            for (int i = folders.Count - 1; i >= 0; i--)
            {
                waiting.Push((folders[i], next.Depth + 1));
            }
        }
    }

    private IEnumerable<string> FindIn(string directory, List<string> files, CancellationToken cancellationToken)
    {
        var parts = new HashSet<string>(StringComparer.Ordinal);
        var checkpoints = new List<string>();

        // Indexes first: they say which of the other files are no checkpoints of their own.
        foreach (string file in files.Where(file => Path.GetExtension(file) == ".json"))
        {
            FilesSeen++;
            cancellationToken.ThrowIfCancellationRequested();
            if (FindParts(file) is { } shards)
            {
                checkpoints.Add(file);
                parts.UnionWith(shards.Select(shard => Path.Combine(directory, shard)));
            }
        }

        if (files.Exists(file => PieceName.TryParse(Path.GetFileName(file)) is not null) && ShardedSafetensorsReader.IsPresent(new SourceDirectory(CheckpointLocation.Local, directory), cancellationToken))
        {
            checkpoints.Add(directory);
            parts.UnionWith(files.Where(file => PieceName.TryParse(Path.GetFileName(file)) is not null));
        }

        bool isDistributed = files.Contains(Path.Combine(directory, DistributedReader.MetadataFile));
        foreach (string file in checkpoints)
        {
            yield return file;
        }

        foreach (string set in FindSets(files, parts))
        {
            yield return Path.Combine(directory, set);
        }

        foreach (string file in files.Where(file => Path.GetExtension(file) != ".json" && !parts.Contains(file)))
        {
            FilesSeen++;
            cancellationToken.ThrowIfCancellationRequested();
            if (isDistributed && Path.GetExtension(file) == ".distcp")
            {
                continue;
            }

            var members = FindMembers(file, cancellationToken);
            foreach (string member in members)
            {
                yield return new ArchivePath(file, member).ToString();
            }

            if (members.Count == 0 && CheckpointSigns.IsCheckpoint(CheckpointLocation.Local, file, cancellationToken))
            {
                yield return file;
            }
        }
    }

    /// <summary>
    /// Shards that no index names, as one checkpoint: one by one, each would pass, and what is missing would not be noticed.
    /// Parts of parallel training are checkpoints of their own.
    /// </summary>
    private static IEnumerable<string> FindSets(List<string> files, HashSet<string> parts)
    {
        foreach (var set in ShardSet.FindAll(files.Where(file => !parts.Contains(file)).Select(file => Path.GetFileName(file))))
        {
            if (!set.Shards[0].IsPart)
            {
                string directory = Path.GetDirectoryName(files[0])!;
                parts.UnionWith(set.Shards.Select(shard => Path.Combine(directory, shard.File)));
                yield return set.Name;
            }
        }
    }

    /// <summary>The checkpoints in an archive that is none itself.</summary>
    private static IReadOnlyList<string> FindMembers(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var file = CheckpointLocation.Local.Open(path, cancellationToken);
            return ArchiveContents.FindInside(file, MostMembers, cancellationToken);
        }
        catch (CheckpointException)
        {
            // Whoever tests the file says why.
            return [];
        }
    }

    /// <summary>The shards of an index; none when it is broken, and null when the file is no index.</summary>
    private static IReadOnlyList<string>? FindParts(string path)
    {
        bool isNamedSo = path.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase);
        try
        {
            using var file = CheckpointLocation.Local.Open(path);
            return ShardIndexParser.Parse(file) is { Shards.Count: > 0 } index ? index.Shards : isNamedSo ? [] : null;
        }
        catch (CheckpointException)
        {
            return isNamedSo ? [] : null;
        }
    }

    private (List<string> Files, List<string> Folders) List(string directory)
    {
        var files = new List<string>();
        var folders = new List<string>();
        try
        {
            foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false }))
            {
                if (entry is not DirectoryInfo)
                {
                    files.Add(entry.FullName);
                }
                else if (!entry.Attributes.HasFlag(FileAttributes.ReparsePoint) && !IsBlobs(entry.Name, directory))
                {
                    folders.Add(entry.FullName);
                }
            }
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            errors.Add(FileErrors.Wrap(exception, directory));
        }

        files.Sort(StringComparer.Ordinal);
        folders.Sort(StringComparer.Ordinal);
        return (files, folders);
    }

    /// <summary>In the cache of Hugging Face, the snapshots beside it name the blobs.</summary>
    private static bool IsBlobs(string name, string parent) => name == "blobs" && Directory.Exists(Path.Combine(parent, "snapshots"));
}
