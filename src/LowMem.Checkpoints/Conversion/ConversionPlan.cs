using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Sharding;

namespace LowMem.Checkpoints.Conversion;

/// <summary>All that a conversion will write, worked out and checked before anything is written.</summary>
public sealed class ConversionPlan
{
    internal ConversionPlan(Checkpoint checkpoint, ConversionDestination destination)
    {
        Checkpoint = checkpoint;
        Destination = destination;
    }

    /// <summary>What is converted.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>Where to.</summary>
    public ConversionDestination Destination { get; }

    /// <summary>The files, shards in order, without the index.</summary>
    public IReadOnlyList<PlannedFile> Files { get; internal init; } = [];

    /// <summary>How many tensors are written; those with the values of another among them.</summary>
    public int TensorCount { get; internal init; }

    /// <summary>How many of them are cast.</summary>
    public int CastCount { get; internal init; }

    /// <summary>How many of them have the values of another, which are written once.</summary>
    public int TiedCount { get; internal init; }

    /// <summary>The shard of the checkpoint that is written; null when that is all of it.</summary>
    public ShardPlan? Shard { get; internal init; }

    /// <summary>The bytes of all files.</summary>
    public long ByteLength => Files.Sum(file => file.ByteLength);

    /// <summary>The full path of the file, or of the index of several.</summary>
    public string Path => Destination.GetPath(Files.Count);

    /// <summary>Makes the index, with something in front of the names of the files; null when there is one file.</summary>
    internal Func<string, byte[]>? MakeIndex { get; init; }

    /// <summary>The files as they take their places.</summary>
    internal ConversionSet Set => new(Destination, [.. Files.Select(file => file.Name)], MakeIndex);

    /// <summary>Works out a conversion. Reads nothing of the values and writes nothing.</summary>
    /// <param name="checkpoint">What is converted.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="options">What is changed.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="CheckpointException">Something of the checkpoint is broken, or the format cannot hold it: one error that names all of it.</exception>
    /// <exception cref="KeyMapException">The key map has no clear answer, or gives two keys one name.</exception>
    public static ConversionPlan Create(
        Checkpoint checkpoint, ConversionDestination destination, ConversionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Dequantizes)
        {
            string prefix = KeyPrefix.Normalize(options.Prefix ?? string.Empty);
            options = options with
            {
                Numbers = DequantizedNumbers.Find(checkpoint, key => TensorSelection.GetKey(key, prefix, options) is not null, cancellationToken),
            };
        }

        return new ConversionPlanner(checkpoint, destination, options).Plan(cancellationToken);
    }
}
