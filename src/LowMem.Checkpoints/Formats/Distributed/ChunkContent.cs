namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>What was found at the place of a piece.</summary>
/// <param name="Checkpoint">The piece, which is a checkpoint of its own; its places count from the start of the file.</param>
/// <param name="Problem">Why there is none, or null.</param>
internal sealed record ChunkContent(Checkpoint? Checkpoint, string? Problem)
{
    /// <summary>Moves the places of a piece that was read as if it were a file of its own.</summary>
    public static ChunkContent Of(Checkpoint piece, ChunkPlace place, string key) => new(
        piece with
        {
            Tensors =
            [
                .. piece.Tensors.Select(tensor => EmbeddedTensors.Move(
                    tensor, place.Offset, CheckpointFormats.Distributed, inner => EmbeddedTensors.Rename(inner, key))),
            ],
            Storages = [.. piece.Storages.Select(storage => storage with { Key = EmbeddedTensors.StorageKey(storage.Key, place.Offset) })],
        },
        null);
}
