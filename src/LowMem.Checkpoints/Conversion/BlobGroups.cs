using LowMem.Checkpoints.Formats.Writing;

namespace LowMem.Checkpoints.Conversion;

/// <summary>A tensor and the blob that it lies in.</summary>
/// <param name="Selected">The tensor.</param>
/// <param name="Blob">The number of the blob.</param>
/// <param name="Start">Its first element, in elements of the blob.</param>
/// <param name="Stride">The step of each dimension, in elements.</param>
internal sealed record PlacedTensor(SelectedTensor Selected, int Blob, long Start, long[] Stride)
{
    public WrittenTensor ToWritten(int blob) =>
        new(Selected.Key, Selected.Type, Selected.Shape, Stride, blob, Start, Selected.Tensor.RequiresGrad);
}

/// <summary>Tells which tensors have the same values, so that these are written once.</summary>
internal sealed class BlobGroups
{
    private readonly List<PlannedBlob> blobs = [];
    private readonly List<PlacedTensor> tensors = [];
    private readonly Dictionary<(TensorIdentity Identity, DType Type, string Shape), int> known = [];
    private readonly Dictionary<(string Path, string? Key, StorageExtent Storage), int> storages = [];

    /// <summary>The values, each once, in the order of the tensors.</summary>
    public IReadOnlyList<PlannedBlob> Blobs => blobs;

    /// <summary>The tensors, in order.</summary>
    public IReadOnlyList<PlacedTensor> Tensors => tensors;

    /// <summary>For safetensors: every tensor is packed, and those of one shape over the same elements are one.</summary>
    public static BlobGroups Packed(IReadOnlyList<SelectedTensor> selected)
    {
        var groups = new BlobGroups();
        foreach (var tensor in selected)
        {
            groups.AddPacked(tensor, string.Join(',', tensor.Shape));
        }

        return groups;
    }

    /// <summary>
    /// For PyTorch: as torch.save does, tensors of one storage share it, with their places and strides. But a storage is written
    /// whole only when what is taken covers it, and nothing of it is cast: no file drags along what was left out.
    /// </summary>
    public static BlobGroups Shared(IReadOnlyList<SelectedTensor> selected)
    {
        var groups = new BlobGroups();
        var whole = selected.Where(CanShare)
            .GroupBy(tensor => (tensor.Tensor.Path, tensor.Tensor.StorageKey, tensor.Tensor.Storage!))
            .Where(group => group.All(tensor => tensor.Type == group.First().Type) && Covers(group, group.Key.Item3.ByteLength))
            .Select(group => group.Key)
            .ToHashSet();
        foreach (var tensor in selected)
        {
            if (CanShare(tensor) && (tensor.Tensor.Path, tensor.Tensor.StorageKey, tensor.Tensor.Storage!) is var storage && whole.Contains(storage))
            {
                groups.AddShared(tensor, storage);
            }
            else
            {
                groups.AddPacked(tensor, string.Empty);
            }
        }

        return groups;
    }

    // Slices of a shard never have all of a storage.
    private static bool CanShare(SelectedTensor selected) => !selected.IsCast && selected.Tensor.WholeShape is null && selected.Type.ByteSize > 0 && selected.Tensor is
    {
        Chunks: null, StorageKey: not null, Storage: not null, IsConjugated: false, IsNegated: false, ElementCount: > 0,
    }
    && selected.Tensor.StorageStart % selected.Type.ByteSize == 0 && selected.Tensor.Storage.ByteLength % selected.Type.ByteSize == 0;

    private static bool Covers(IEnumerable<SelectedTensor> group, long length)
    {
        long end = 0;
        foreach (var tensor in group.Select(selected => selected.Tensor).OrderBy(tensor => tensor.StorageStart))
        {
            if (tensor.StorageStart > end)
            {
                return false;
            }

            // The reader has checked that this fits.
            long last = tensor.Shape.Zip(tensor.Stride, (size, step) => (size - 1) * step).Sum();
            end = Math.Max(end, tensor.StorageStart + ((last + 1) * DType.Get(tensor.DType).ByteSize));
        }

        return end >= length;
    }

    private void AddShared(SelectedTensor selected, (string Path, string? Key, StorageExtent Storage) storage)
    {
        var tensor = selected.Tensor;
        if (!storages.TryGetValue(storage, out int blob))
        {
            long count = storage.Storage.ByteLength / selected.Type.ByteSize;
            storages.Add(storage, blob = blobs.Count);
            blobs.Add(new PlannedBlob(
                tensor with
                {
                    Shape = [count],
                    Stride = [1],
                    ElementCount = count,
                    ByteLength = storage.Storage.ByteLength,
                    Offset = storage.Storage.Offset,
                    StorageStart = 0,
                    IsContiguous = true,
                },
                selected.Type,
                Numbers: null));
        }

        tensors.Add(new PlacedTensor(selected, blob, tensor.StorageStart / selected.Type.ByteSize, tensor.Stride));
    }

    private void AddPacked(SelectedTensor selected, string shape)
    {
        var identity = TensorIdentity.OfValues(selected.Tensor);
        if (selected.Numbers is not null || !known.TryGetValue((identity, selected.Type, shape), out int blob))
        {
            blob = blobs.Count;
            blobs.Add(new PlannedBlob(selected.Tensor, selected.Type, selected.Numbers));
            known.TryAdd((identity, selected.Type, shape), blob);
        }

        bool keepsStride = selected.Numbers is null && selected.Tensor is { IsContiguous: true, Chunks: null };
        tensors.Add(new PlacedTensor(
            selected, blob, 0, keepsStride ? selected.Tensor.Stride : StridedLayout.ContiguousStrides(selected.Shape)));
    }
}
