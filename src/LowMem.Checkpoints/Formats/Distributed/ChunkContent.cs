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
            Tensors = [.. piece.Tensors.Select(tensor => Move(tensor, place.Offset, key))],

            // A list, since what tells them holds the directory of the archive.
            Storages = [.. piece.Storages.Select(storage => storage with { Key = $"{place.Offset}/{storage.Key}" })],
        },
        null);

    private static TensorInfo Move(TensorInfo tensor, long offset, string key) => tensor with
    {
        Key = Rename(tensor.Key, key),
        Format = CheckpointFormats.Distributed,
        Offset = tensor.Offset < 0 ? -1 : tensor.Offset + offset,

        Components = new OrderedDictionary<string, TensorInfo>(
            tensor.Components.Select(part => KeyValuePair.Create(part.Key, Move(part.Value, offset, key)))),

        // Every piece numbers its storages from 0 up.
        StorageKey = tensor.StorageKey is null ? null : $"{offset}/{tensor.StorageKey}",
        Storage = tensor.Storage is not { } storage ? null : storage with
        {
            Offset = storage.Offset < 0 ? -1 : storage.Offset + offset,
            Deflated = storage.Deflated is var (place, length) ? (place + offset, length) : null,
        },
    };

    /// <summary>The root of a piece is what goes by the name; the rest of it comes below.</summary>
    public static string Rename(string inner, string key) =>
        inner == PyTorch.ObjectTreeWalker.RootKey || inner.StartsWith(PyTorch.ObjectTreeWalker.RootKey + ".", StringComparison.Ordinal)
            ? key + inner[PyTorch.ObjectTreeWalker.RootKey.Length..]
            : $"{key}.{inner}";
}
