using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Binding;

/// <summary>Tensors that lie in the mapped files of a checkpoint; those of one storage share it here, too.</summary>
/// <remarks>Disposing of this object lets go of the files, which stay mapped as long as a tensor lies in them.</remarks>
/// <param name="files">The files by their paths, as they were listed.</param>
/// <param name="arrived">Told the bytes that come of files that are not on this machine, and are fetched whole.</param>
/// <param name="cancellationToken">Ends the fetching early.</param>
internal sealed class MappedTensors(IReadOnlyDictionary<string, CheckpointFile> files, Action<long> arrived, CancellationToken cancellationToken = default) : IDisposable
{
    private readonly Dictionary<string, MemoryMap> maps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CheckpointFile> locals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafeFileHandle> handles = new(StringComparer.Ordinal);
    private readonly Dictionary<StoragePlace, Tensor> storages = [];

    /// <summary>The files as they were listed, by their paths.</summary>
    public IReadOnlyDictionary<string, CheckpointFile> Files => files;

    /// <summary>Makes a tensor over the file; see <see cref="FileTensors.AreUsable"/>.</summary>
    /// <exception cref="CheckpointException">The file is gone or changed, or the tensor reaches out of it.</exception>
    public Tensor CreateView(TensorInfo tensor, ScalarType type)
    {
        var elementSize = DType.Get(tensor.DType).ByteSize;
        var storageLength = tensor.GetStorageByteLength() / elementSize;
        var start = (tensor.Offset - tensor.GetStorageOffset()) / elementSize;
        CheckBounds(tensor, start, storageLength);

        var place = new StoragePlace(tensor.Path, tensor.GetStorageOffset(), (int)type);
        if (!storages.TryGetValue(place, out var storage))
        {
            // Nearly every tensor is the whole of its storage: then what is made over the storage is the tensor.
            var isWhole = start == 0 && tensor.ElementCount == storageLength && HasRowMajorStrides(tensor);
            storage = GetMap(tensor.Path).CreateTensor(
                tensor.GetStorageOffset(), isWhole ? tensor.Shape : [storageLength], type, elementSize);
            storages.Add(place, storage.DetachFromDisposeScope());
            if (isWhole)
            {
                return storage.alias().DetachFromDisposeScope();
            }
        }

        using var view = storage.as_strided(tensor.Shape, tensor.Stride, start);
        return TensorViews.Detach(view);
    }

    /// <summary>How many bytes have to be fetched before tensors of these files can lie in them.</summary>
    public long CountBytesToFetch(IEnumerable<string> paths) =>
        paths.Distinct(StringComparer.Ordinal).Sum(path => files[path].Location.CountBytesToFetch(files[path]));

    /// <summary>Says that all of the files will be used soon; see <see cref="MemoryMap.AdviseLargePages"/>.</summary>
    public void AdviseLargePages()
    {
        foreach (var map in maps.Values)
        {
            map.AdviseLargePages();
        }
    }

    /// <summary>Makes sure that no mapped file was written to since it was listed.</summary>
    /// <exception cref="CheckpointException">One was.</exception>
    public void CheckUnchanged()
    {
        foreach (var (path, handle) in handles)
        {
            ListedFile.CheckUnchanged(locals[path], handle);
        }
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

        foreach (var handle in handles.Values)
        {
            handle.Dispose();
        }
    }

    // The reader has checked this already; but a mistake there must not become an access outside the map here.
    private static void CheckBounds(TensorInfo tensor, long start, long storageLength)
    {
        var isInside = start >= 0 && start < storageLength;
        var last = start;
        for (var i = 0; isInside && i < tensor.Shape.Length; i++)
        {
            // Divided and not multiplied, because the product may be too large for any number.
            var (steps, stride) = (tensor.Shape[i] - 1, tensor.Stride[i]);
            isInside = stride == 0 || (stride > 0 && steps <= (storageLength - 1 - last) / stride);
            last += isInside ? steps * stride : 0;
        }

        if (!isInside)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, tensor.Path, $"The tensor '{DisplayText.Name(tensor.Key)}' reaches out of its storage.")
            {
                Record = tensor.Key,
                Offset = tensor.Offset,
            };
        }
    }

    private static bool HasRowMajorStrides(TensorInfo tensor)
    {
        var expected = 1L;
        for (var i = tensor.Shape.Length - 1; i >= 0; i--)
        {
            if (tensor.Stride[i] != expected)
            {
                return false;
            }

            expected *= tensor.Shape[i];
        }

        return true;
    }

    private MemoryMap GetMap(string path)
    {
        if (!maps.TryGetValue(path, out var map))
        {
            var file = files[path].Location.MakeLocal(files[path], arrived, cancellationToken);
            var handle = ListedFile.Open(file);
            locals.Add(path, file);
            handles.Add(path, handle);
            maps.Add(path, map = MemoryMap.Open(file, handle));
        }

        return map;
    }

    // A class, and the type as a number, because generic code over those comes compiled and needs no compiler at run time.
    private sealed record StoragePlace(string Path, long Offset, int Type);
}
