namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>One name of a distributed checkpoint.</summary>
/// <param name="Key">The fully qualified name.</param>
/// <param name="Tensor">What is said about it when it is a tensor; null for anything else, which is kept as a pickle.</param>
/// <param name="Problem">Why the description cannot be used, or null.</param>
internal sealed record DistributedEntry(string Key, DistributedTensor? Tensor, string? Problem = null);
