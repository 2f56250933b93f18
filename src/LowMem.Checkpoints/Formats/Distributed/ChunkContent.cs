namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>What was found at the place of a piece.</summary>
/// <param name="Checkpoint">The piece, which is a checkpoint of its own; its places count from the start of the file.</param>
/// <param name="Problem">Why there is none, or null.</param>
internal sealed record ChunkContent(Checkpoint? Checkpoint, string? Problem)
{
    /// <summary>Whether its file is there, and it cannot be read all the same.</summary>
    public bool IsBroken { get; init; }

    /// <summary>A piece that was read as if it were a file of its own; only what it says of its places counts from its start.</summary>
    public static ChunkContent Of(Checkpoint piece, ChunkPlace place, string key) => new(
        piece with
        {
            Tensors =
            [
                .. piece.Tensors.Select(tensor => EmbeddedTensors.Adopt(
                    tensor, place.Offset, CheckpointFormats.Distributed, inner => EmbeddedTensors.Rename(inner, key))),
            ],
            Findings = [.. piece.Findings.Select(finding => finding with { Offset = finding.Offset + place.Offset })],
            Storages = [.. piece.Storages.Select(storage => storage with { Key = EmbeddedTensors.StorageKey(storage.Key, place.Offset) })],
        },
        null);
}
