namespace LowMem.Checkpoints.Formats.Sharded;

/// <summary>What a <c>*.index.json</c> says: which shard holds which key.</summary>
/// <param name="WeightMap">The shard's file name of each key, in the order of the file.</param>
/// <param name="Metadata">The free-form metadata, values as text.</param>
internal sealed record ShardIndex(
    IReadOnlyDictionary<string, string> WeightMap, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The shards, each once, by name: that is the order in which they were written.</summary>
    public IReadOnlyList<string> Shards { get; } = [.. WeightMap.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The keys of each shard.</summary>
    public ILookup<string, string> KeysByShard { get; } =
        WeightMap.ToLookup(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
}
