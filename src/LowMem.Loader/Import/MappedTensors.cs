using LowMem.Checkpoints;
using LowMem.Loader.Memory;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Import;

/// <summary>Tensors that lie in the mapped files of a checkpoint; those of one storage share it here, too.</summary>
/// <remarks>Disposing of this object lets go of the files, which stay mapped as long as a tensor lies in them.</remarks>
internal sealed class MappedTensors(IReadOnlyDictionary<string, CheckpointFile> files) : IDisposable
{
    private readonly Dictionary<string, MemoryMap> maps = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Path, long Offset, ScalarType Type), Tensor> storages = [];

    /// <summary>Makes a tensor over the file; see <see cref="InPlaceUse"/>.</summary>
    /// <exception cref="CheckpointException">The file is gone or changed, or the tensor reaches out of it.</exception>
    public Tensor CreateView(TensorInfo tensor, ScalarType type)
    {
        var elementSize = DType.Get(tensor.DType).ByteSize;
        var storageLength = tensor.GetStorageByteLength() / elementSize;
        var start = (tensor.Offset - tensor.GetStorageOffset()) / elementSize;
        CheckBounds(tensor, start, storageLength);

        var key = (tensor.Path, tensor.GetStorageOffset(), type);
        if (!storages.TryGetValue(key, out var storage))
        {
            storage = GetMap(tensor.Path).CreateTensor(tensor.GetStorageOffset(), storageLength, type, elementSize);
            storages.Add(key, storage.DetachFromDisposeScope());
        }

        using var view = storage.as_strided(tensor.Shape, tensor.Stride, start);
        return TensorViews.Detach(view);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var storage in storages.Values)
        {
            storage.Dispose();
        }

        foreach (var map in maps.Values)
        {
            map.Dispose();
        }
    }

    // The reader has checked this already; but a mistake there must not become an access outside the map here.
    private static void CheckBounds(TensorInfo tensor, long start, long storageLength)
    {
        Int128 last = start;
        for (var i = 0; i < tensor.Shape.Length; i++)
        {
            last += (Int128)(tensor.Shape[i] - 1) * tensor.Stride[i];
        }

        if (start < 0 || last >= storageLength || Array.Exists(tensor.Stride, stride => stride < 0))
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, tensor.Path, $"The tensor '{tensor.Key}' reaches out of its storage.")
            {
                Record = tensor.Key,
                Offset = tensor.Offset,
            };
        }
    }

    private MemoryMap GetMap(string path)
    {
        if (!maps.TryGetValue(path, out var map))
        {
            maps.Add(path, map = MemoryMap.Open(files[path]));
        }

        return map;
    }
}
