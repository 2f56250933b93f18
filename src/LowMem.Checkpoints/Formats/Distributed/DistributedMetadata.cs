namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>What the file <c>.metadata</c> of a distributed checkpoint says.</summary>
/// <param name="Version">The version it states, or null.</param>
/// <param name="Entries">The names, in the order of the file.</param>
/// <param name="Places">Where the pieces are.</param>
internal sealed record DistributedMetadata(
    string? Version, IReadOnlyList<DistributedEntry> Entries, IReadOnlyDictionary<PlaceKey, ChunkPlace> Places);
