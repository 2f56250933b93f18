namespace LowMem.Checkpoints.Values;

/// <summary>
/// The stretches of a whole tensor, in row-major order, that one piece of it covers. All are of one length, and they
/// follow one another in the piece without gaps.
/// </summary>
internal sealed class ChunkRuns
{
    private readonly long[] outerSizes;
    private readonly long[] outerStrides;
    private readonly long first;

    public ChunkRuns(long[] shape, TensorChunk chunk)
    {
        long[] sizes = chunk.Source.Shape;
        long[] strides = StridedLayout.ContiguousStrides(shape);

        // Dimensions that the piece covers whole lie in one stretch with the one before them.
        int dimension = Math.Max(0, shape.Length - 1);
        while (dimension > 0 && sizes[dimension] == shape[dimension])
        {
            dimension--;
        }

        outerSizes = sizes[..dimension];
        outerStrides = strides[..dimension];
        Length = StridedLayout.CountElements(sizes.AsSpan(dimension));
        Count = Length == 0 ? 0 : StridedLayout.CountElements(outerSizes);
        for (int i = 0; i < shape.Length; i++)
        {
            first += chunk.Offsets[i] * strides[i];
        }
    }

    /// <summary>How many stretches there are.</summary>
    public long Count { get; }

    /// <summary>The elements of each.</summary>
    public long Length { get; }

    /// <summary>The element of the whole tensor at which a stretch starts; it grows with the number of the stretch.</summary>
    public long Start(long run)
    {
        long start = first;
        for (int i = outerSizes.Length - 1; i >= 0; i--)
        {
            start += run % outerSizes[i] * outerStrides[i];
            run /= outerSizes[i];
        }

        return start;
    }

    /// <summary>The first stretch that ends behind an element.</summary>
    public long FindFirstEndingAfter(long element)
    {
        long low = 0;
        long high = Count;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (Start(middle) + Length > element)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
