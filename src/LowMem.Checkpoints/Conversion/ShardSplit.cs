namespace LowMem.Checkpoints.Conversion;

/// <summary>Splits what is written over files of a bounded size, as huggingface_hub does.</summary>
internal static class ShardSplit
{
    /// <summary>The shard of each blob. In order; one that is larger than a shard has a shard of its own, without ending that of the others.</summary>
    /// <param name="blobs">The blobs.</param>
    /// <param name="most">The most bytes of a shard.</param>
    /// <param name="count">How many shards there are; at least one.</param>
    public static int[] Split(IReadOnlyList<PlannedBlob> blobs, long? most, out int count)
    {
        var shards = new List<List<int>>();
        var current = new List<int>();
        long length = 0;
        for (int i = 0; i < blobs.Count; i++)
        {
            long bytes = blobs[i].ByteLength;
            if (bytes > most)
            {
                shards.Add([i]);
                continue;
            }

            if (length + bytes > most)
            {
                shards.Add(current);
                (current, length) = ([], 0);
            }

            current.Add(i);
            length += bytes;
        }

        if (current.Count > 0 || shards.Count == 0)
        {
            shards.Add(current);
        }

        int[] shardOf = new int[blobs.Count];
        foreach (var (shard, members) in shards.Index())
        {
            foreach (int blob in members)
            {
                shardOf[blob] = shard;
            }
        }

        count = shards.Count;
        return shardOf;
    }
}
