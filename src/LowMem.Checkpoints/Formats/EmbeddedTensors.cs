using LowMem.Checkpoints.Formats.PyTorch.Objects;

namespace LowMem.Checkpoints.Formats;

/// <summary>The tensors of a checkpoint that is a part of a file and was read as if it were a file of its own.</summary>
internal static class EmbeddedTensors
{
    /// <summary>The same tensor as a part of the whole file.</summary>
    /// <param name="tensor">A tensor whose places count from the start of the part.</param>
    /// <param name="offset">Where the part starts.</param>
    /// <param name="format">The format of the whole.</param>
    /// <param name="rename">Gives the key in the whole.</param>
    public static TensorInfo Move(TensorInfo tensor, long offset, string format, Func<string, string> rename) => tensor with
    {
        Key = rename(tensor.Key),
        Format = format,
        Offset = tensor.Offset < 0 ? -1 : tensor.Offset + offset,

        Components = new OrderedDictionary<string, TensorInfo>(
            tensor.Components.Select(part => KeyValuePair.Create(part.Key, Move(part.Value, offset, format, rename)))),

        StorageKey = tensor.StorageKey is null ? null : StorageKey(tensor.StorageKey, offset),
        Storage = tensor.Storage is not { } storage ? null : storage with
        {
            Offset = storage.Offset < 0 ? -1 : storage.Offset + offset,
            Deflated = storage.Deflated is var (place, length) ? (place + offset, length) : null,
        },
    };

    /// <summary>Every part numbers its storages from 0 up.</summary>
    public static string StorageKey(string key, long offset) => $"{offset}/{key}";

    /// <summary>The root of a part is what goes by the key; the rest of it comes below.</summary>
    public static string Rename(string inner, string key) =>
        inner == ObjectTreeWalker.RootKey || inner.StartsWith(ObjectTreeWalker.RootKey + ".", StringComparison.Ordinal)
            ? key + inner[ObjectTreeWalker.RootKey.Length..]
            : $"{key}.{inner}";
}
