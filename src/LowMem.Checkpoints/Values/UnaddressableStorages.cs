using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Values;

/// <summary>
/// The bytes of storages that cannot be read in place. The last unfolded one is kept, since tensors are read in
/// blocks; no more than one, so that memory stays bounded by the largest storage. Safe for several threads.
/// </summary>
internal sealed class UnaddressableStorages
{
    private readonly Lock gate = new();
    private (string Path, StorageExtent Storage)? keptFor;
    private byte[] kept = [];

    public ReadOnlyMemory<byte> Get(RandomAccessSource file, TensorInfo tensor)
    {
        var storage = tensor.Storage!;
        if (storage.Content is { } content)
        {
            return content;
        }

        lock (gate)
        {
            if (keptFor != (tensor.Path, storage))
            {
                keptFor = null;
                kept = [];
                kept = Unfold(file, tensor, storage);
                keptFor = (tensor.Path, storage);
            }

            return kept;
        }
    }

    /// <summary>The bytes of a compressed storage.</summary>
    /// <exception cref="CheckpointException">They are broken, or not in the file.</exception>
    public static byte[] Unfold(RandomAccessSource file, TensorInfo tensor, StorageExtent storage)
    {
        var (offset, length) = storage.Deflated
            ?? throw new CheckpointException(
                CheckpointErrorIds.Unsupported, tensor.Path, $"the bytes of '{DisplayText.Name(tensor.Key)}' are not in the file.");
        try
        {
            return Inflater.Inflate(file, offset, length, storage.ByteLength, $"the storage of '{DisplayText.Name(tensor.Key)}'");
        }
        catch (InvalidDataException exception)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, tensor.Path, $"the compressed storage of '{DisplayText.Name(tensor.Key)}' {exception.Message}.", exception)
            {
                Record = tensor.Key,
                Offset = offset,
            };
        }
    }
}
