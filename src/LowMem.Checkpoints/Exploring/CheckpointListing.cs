using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Exploring;

/// <summary>
/// What is in a checkpoint, as it was when it was listed, and whether it still is. Holds no file open. Safe for several threads.
/// </summary>
public sealed class CheckpointListing
{
    private readonly Lazy<CheckpointTree> tree;
    private readonly string path;
    private readonly string? directory;
    private string[] names;

    private CheckpointListing(CheckpointLocation location, string path, Checkpoint checkpoint, string? directory, string[] names)
    {
        Location = location;
        Checkpoint = checkpoint;
        this.path = path;
        this.directory = directory;
        this.names = names;
        tree = new Lazy<CheckpointTree>(() => new CheckpointTree(checkpoint));
    }

    /// <summary>Where it is.</summary>
    public CheckpointLocation Location { get; }

    /// <summary>What was read.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The same as a tree, made when it is asked for first.</summary>
    public CheckpointTree Tree => tree.Value;

    /// <summary>Lists a checkpoint.</summary>
    /// <param name="location">Where it is.</param>
    /// <param name="path">Its name there.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">What is there cannot be read as a checkpoint.</exception>
    public static CheckpointListing Open(CheckpointLocation location, string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(location);
        ArgumentNullException.ThrowIfNull(path);

        // Looked at before the files are: what comes while they are read is news.
        string? directory = FindDirectory(location, path);
        string[] names = GetNames(location, directory);
        var checkpoint = Checkpoint.Open(location, path, cancellationToken);
        return new CheckpointListing(location, path, checkpoint, directory, names);
    }

    /// <summary>Whether everything is as it was listed. False also when it cannot be read any more.</summary>
    /// <param name="cancellationToken">Ends the look early.</param>
    public bool IsUnchanged(CancellationToken cancellationToken = default)
    {
        try
        {
            CheckUnchanged(cancellationToken);
            return true;
        }
        catch (CheckpointException)
        {
            return false;
        }
    }

    /// <summary>Makes sure that everything is as it was listed.</summary>
    /// <param name="cancellationToken">Ends the look early.</param>
    /// <exception cref="CheckpointException">
    /// A file is gone (<see cref="CheckpointErrorIds.NotFound"/>), another version, or more or others than were listed
    /// (<see cref="CheckpointErrorIds.Changed"/>).
    /// </exception>
    public void CheckUnchanged(CancellationToken cancellationToken = default)
    {
        foreach (var file in Checkpoint.AllFiles)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ListedFile.OpenSource(file).Dispose();
        }

        // Something else beside the files need not matter. Whether it does is for the reader to say.
        string[] now = GetNames(Location, directory);
        if (now.AsSpan().SequenceEqual(names))
        {
            return;
        }

        var again = Checkpoint.Open(Location, path, cancellationToken);
        if (!again.AllFiles.SequenceEqual(Checkpoint.AllFiles))
        {
            throw new CheckpointException(
                CheckpointErrorIds.Changed, Checkpoint.Path, "the checkpoint has other files than it had when it was listed. List it again.");
        }

        names = now;
    }

    /// <summary>The directory that decides with its names which files belong to the checkpoint; null where a name alone does.</summary>
    private static string? FindDirectory(CheckpointLocation location, string path)
    {
        if (!location.IsListed)
        {
            return null;
        }

        string full = location.GetFullName(path);
        return location.DirectoryExists(full) ? full
            : location.GetDirectory(full) is { } parent && location.DirectoryExists(parent) && (!location.FileExists(full) || IsIndex(full)) ? parent
            : null;
    }

    // A shard that an index names may come later, and is not among the files before.
    private static bool IsIndex(string path) => path.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase);

    private static string[] GetNames(CheckpointLocation location, string? directory)
    {
        if (directory is null)
        {
            return [];
        }

        string[] names = [.. location.List(directory).Select(entry => entry.Name)];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }
}
