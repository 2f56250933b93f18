using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Sharded;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Folders;

/// <summary>
/// Reads shards that no index lists: their names say how many there are. A number that is missing is a finding, as a shard
/// is that an index names and that is not there.
/// </summary>
internal static class ShardSetReader
{
    /// <param name="directory">Where the shards are.</param>
    /// <param name="set">The shards.</param>
    /// <param name="checkpoint">The path that was asked for.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">The files are no shards of one checkpoint.</exception>
    public static Checkpoint Read(SourceDirectory directory, ShardSet set, string checkpoint, CancellationToken cancellationToken)
    {
        if (set.FindContradiction() is { } contradiction)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                directory.Name,
                $"the shards '{DisplayText.Name(set.Name)}' do not belong together: {contradiction}. Take away what is not of this checkpoint.");
        }

        var shards = new ShardFiles(directory, checkpoint);
        if (set.Missing.Count > 0)
        {
            shards.Findings.Add(new CheckpointFinding(
                FindingSeverity.Error, FindingCodes.ShardMissing, null, null, set.DescribeMissing()));
        }

        foreach (var _ in shards.Read([.. set.Shards.Select(shard => shard.File)], cancellationToken))
        {
        }

        CheckKeys(directory.Name, set, shards.Shards, cancellationToken);
        return shards.Merge(set.Count);
    }

    /// <summary>
    /// Processes that train one model in parallel each save a slice of every tensor under the same key. Along which
    /// dimension the slices join is in the program alone, so that any one of them would pass for the whole.
    /// </summary>
    private static void CheckKeys(
        string directory, ShardSet set, IReadOnlyList<Checkpoint> shards, CancellationToken cancellationToken)
    {
        var places = new Dictionary<string, TensorInfo>(StringComparer.Ordinal);
        foreach (var tensor in shards.SelectMany(shard => shard.Tensors))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!places.TryAdd(tensor.Key, tensor) && places[tensor.Key] is var first && first.Path != tensor.Path)
            {
                throw new CheckpointException(
                    CheckpointErrorIds.Unsupported,
                    directory,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the {set.Count} files '{DisplayText.Name(set.Name)}' hold slices of the same tensors, as model parallelism saves them: '{DisplayText.Name(tensor.Key)}' is in '{DisplayText.Name(Path.GetFileName(first.Path))}' [{string.Join(", ", first.Shape)}] and in '{DisplayText.Name(Path.GetFileName(tensor.Path))}' [{string.Join(", ", tensor.Shape)}]. How they join is not in the files: name one file to look at it alone, or join them by the program that saved them."));
            }
        }
    }
}
