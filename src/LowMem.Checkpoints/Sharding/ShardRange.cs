namespace LowMem.Checkpoints.Sharding;

/// <summary>The part of a tensor that a shard has.</summary>
/// <param name="Dimension">The dimension that is cut, from 0.</param>
/// <param name="Start">The first index.</param>
/// <param name="Length">How many indices; may be 0.</param>
public sealed record ShardRange(int Dimension, long Start, long Length);
