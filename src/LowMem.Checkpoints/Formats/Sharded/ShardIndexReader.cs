using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Sharded;

/// <summary>
/// Reads a checkpoint that is split over several files. A shard that is missing or broken becomes a finding; the
/// tensors of the others are listed.
/// </summary>
internal static class ShardIndexReader
{
    public static Checkpoint Read(RandomAccessSource file, string checkpoint, CancellationToken cancellationToken)
    {
        var index = ShardIndexParser.Parse(file);
        if (index.Shards.Count == 0)
        {
            throw new CheckpointException(CheckpointErrorIds.FormatInvalid, file.Name, "the shard index names no shards.");
        }

        var shards = new ShardFiles(SourceDirectory.Of(file), checkpoint);
        foreach (var (name, shard) in shards.Read(index.Shards, cancellationToken))
        {
            if (shard is not null)
            {
                CompareKeys(index, name, shard, shards.Findings);
            }
        }

        var merged = shards.Merge(index.Shards.Count);
        var held = merged.Tensors.Select(tensor => tensor.Key).ToHashSet(StringComparer.Ordinal);
        return merged with
        {
            Metadata = index.Metadata,
            IndexFiles = [file.Version],
            MissingKeys = [.. index.WeightMap.Keys.Where(key => !held.Contains(key))],
        };
    }

    private static void CompareKeys(ShardIndex index, string name, Checkpoint shard, List<CheckpointFinding> findings)
    {
        var held = shard.Tensors.Select(tensor => tensor.Key).ToHashSet(StringComparer.Ordinal);
        foreach (string key in index.KeysByShard[name].Where(key => !held.Contains(key)))
        {
            findings.Add(new CheckpointFinding(
                FindingSeverity.Error,
                FindingCodes.ShardKeyMissing,
                key,
                null,
                $"the index places '{DisplayText.Name(key)}' in '{DisplayText.Name(name)}', which does not hold it"));
        }

        // A name that stands for the values of another tensor is known to the shard alone.
        foreach (string key in shard.Tensors.Where(tensor => tensor.Format != CheckpointFormats.Safetensors || tensor.StorageKey == tensor.Key).Select(tensor => tensor.Key).Distinct(StringComparer.Ordinal))
        {
            if (!index.WeightMap.TryGetValue(key, out string? file) || file != name)
            {
                findings.Add(new CheckpointFinding(
                    FindingSeverity.Warning,
                    FindingCodes.ShardKeyUnexpected,
                    key,
                    null,
                    $"'{DisplayText.Name(name)}' holds '{DisplayText.Name(key)}', which the index does not place there"));
            }
        }
    }
}
