namespace LowMem.Checkpoints.Values;

/// <summary>One dimension of elements that are copied from a storage to where they lie packed.</summary>
/// <param name="Size">The number of indices.</param>
/// <param name="Source">The step in the storage, in elements; 0 for a dimension that was expanded.</param>
/// <param name="Target">The step where they are copied to, in elements.</param>
internal readonly record struct StridedDimension(long Size, long Source, long Target)
{
    /// <summary>
    /// The dimensions of a layout, from the slowest to the fastest: without those of size one, and those that are evenly
    /// spaced as one.
    /// </summary>
    public static StridedDimension[] Of(IReadOnlyList<long> shape, IReadOnlyList<long> stride)
    {
        var merged = new List<StridedDimension>(shape.Count);
        long target = 1;
        for (int i = shape.Count - 1; i >= 0; i--)
        {
            if (shape[i] == 1)
            {
                continue;
            }

            if (merged.Count > 0 && merged[^1] is var inner && stride[i] == inner.Size * inner.Source)
            {
                merged[^1] = inner with { Size = inner.Size * shape[i] };
            }
            else
            {
                merged.Add(new StridedDimension(shape[i], stride[i], target));
            }

            target *= shape[i];
        }

        merged.Reverse();
        return [.. merged];
    }
}
