using LowMem.Checkpoints.Formats.PyTorch.Objects;

namespace LowMem.Checkpoints.Formats;

/// <summary>The tensors of a checkpoint that is a part of a file and was read as if it were a file of its own.</summary>
internal static class EmbeddedTensors
{
    /// <summary>The same tensor as one of the whole file.</summary>
    /// <param name="tensor">A tensor of the part, whose places are those in the whole.</param>
    /// <param name="offset">Where the part starts.</param>
    /// <param name="format">The format of the whole.</param>
    /// <param name="rename">Gives the key in the whole.</param>
    public static TensorInfo Adopt(TensorInfo tensor, long offset, string format, Func<string, string> rename) => tensor with
    {
        Key = rename(tensor.Key),
        Format = format,
        Components = new OrderedDictionary<string, TensorInfo>(
            tensor.Components.Select(part => KeyValuePair.Create(part.Key, Adopt(part.Value, offset, format, rename)))),
        StorageKey = tensor.StorageKey is null ? null : StorageKey(tensor.StorageKey, offset),
    };

    /// <summary>Every part numbers its storages from 0 up.</summary>
    public static string StorageKey(string key, long offset) => $"{offset}/{key}";

    /// <summary>The root of a part is what goes by the key; the rest of it comes below.</summary>
    public static string Rename(string inner, string key) =>
        inner == ObjectTreeWalker.RootKey || inner.StartsWith(ObjectTreeWalker.RootKey + ".", StringComparison.Ordinal)
            ? key + inner[ObjectTreeWalker.RootKey.Length..]
            : $"{key}.{inner}";
}
