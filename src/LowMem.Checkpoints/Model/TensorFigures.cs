namespace LowMem.Checkpoints;

/// <summary>What some tensors of a checkpoint come to; what several of them share counts once.</summary>
/// <param name="ParameterCount">The number of elements.</param>
/// <param name="ByteLength">The bytes of their storages.</param>
/// <param name="DTypes">How many tensors there are of each element type, sorted by its name.</param>
internal sealed record TensorFigures(long ParameterCount, long ByteLength, IReadOnlyDictionary<string, long> DTypes)
{
    public static TensorFigures Of(IReadOnlyCollection<TensorInfo> tensors)
    {
        var dtypes = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var storages = new StorageSet(tensors.Count);
        var elements = new ElementCounter(tensors.Count);
        long bytes = 0;
        foreach (var tensor in tensors)
        {
            dtypes[tensor.DType] = dtypes.GetValueOrDefault(tensor.DType) + 1;
            elements.Add(tensor);
            bytes += tensor.Components.Count == 0 ? CountNew(tensor) : tensor.GetParts().Sum(CountNew);
        }

        return new TensorFigures(elements.Count(), bytes, dtypes);

        long CountNew(TensorInfo part) => part.StorageKey is { } key && !storages.Add(part.Path, key) ? 0
            : part.Chunks is null ? part.GetStorageByteLength() : part.ByteLength;
    }
}
