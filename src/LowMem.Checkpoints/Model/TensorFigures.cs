namespace LowMem.Checkpoints;

/// <summary>What some tensors of a checkpoint come to; what several of them share counts once.</summary>
/// <param name="ParameterCount">The number of elements.</param>
/// <param name="ByteLength">The bytes that they stand for, by <see cref="StorageBytes"/>.</param>
/// <param name="DTypes">How many tensors there are of each element type, sorted by its name.</param>
internal sealed record TensorFigures(long ParameterCount, long ByteLength, IReadOnlyDictionary<string, long> DTypes)
{
    /// <param name="tensors">The tensors.</param>
    /// <param name="storages">The storages of all tensors of the checkpoint.</param>
    public static TensorFigures Of(IReadOnlyCollection<TensorInfo> tensors, StorageBytes storages)
    {
        var dtypes = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var elements = new ElementCounter(tensors.Count);
        foreach (var tensor in tensors)
        {
            dtypes[tensor.DType] = dtypes.GetValueOrDefault(tensor.DType) + 1;
            elements.Add(tensor);
        }

        return new TensorFigures(elements.Count(), storages.Count(tensors), dtypes);
    }
}
