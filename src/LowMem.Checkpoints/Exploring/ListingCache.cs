using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Exploring;

/// <summary>
/// The listings that were asked for last, so that who asks again waits for no more than a look at the files. What changed since
/// is listed again. Safe for several threads.
/// </summary>
public sealed class ListingCache
{
    /// <summary>How many checkpoints are kept.</summary>
    public const int MostListings = 8;

    /// <summary>How many tensors those have together, the last one apart: a description takes some hundred bytes.</summary>
    public const int MostTensors = 500_000;

    private readonly Lock gate = new();

    /// <summary>The one that was used last stands last.</summary>
    private readonly OrderedDictionary<Key, CheckpointListing> listings = [];

    /// <summary>The cache that everything in one process shares.</summary>
    public static ListingCache Shared { get; } = new();

    /// <summary>How many checkpoints are kept now.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return listings.Count;
            }
        }
    }

    /// <summary>Gives the listing of a checkpoint of the local file system, as it is now.</summary>
    /// <param name="path">A file, an index, a directory, or a file in an archive.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">What is there cannot be read as a checkpoint.</exception>
    public CheckpointListing Get(string path, CancellationToken cancellationToken = default) => Get(CheckpointLocation.Local, path, cancellationToken);

    /// <summary>Gives the listing of a checkpoint as it is now.</summary>
    /// <param name="location">Where it is.</param>
    /// <param name="path">Its name there.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">What is there cannot be read as a checkpoint.</exception>
    public CheckpointListing Get(CheckpointLocation location, string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(location);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var key = new Key(location, location.GetFullName(path));
        var known = Take(key);
        if (known?.IsUnchanged(cancellationToken) != true)
        {
            known = CheckpointListing.Open(location, path, cancellationToken);
        }

        Keep(key, known);
        return known;
    }

    private CheckpointListing? Take(Key key)
    {
        lock (gate)
        {
            return listings.Remove(key, out var listing) ? listing : null;
        }
    }

    private void Keep(Key key, CheckpointListing listing)
    {
        lock (gate)
        {
            listings.Remove(key);
            listings.Add(key, listing);
            while (listings.Count > 1 && (listings.Count > MostListings || listings.Values.Sum(each => (long)each.Checkpoint.Tensors.Count) > MostTensors))
            {
                listings.RemoveAt(0);
            }
        }
    }

    private readonly record struct Key(CheckpointLocation Location, string Path);
}
