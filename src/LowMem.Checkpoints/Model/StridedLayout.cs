namespace LowMem.Checkpoints;

/// <summary>The arithmetic of shapes and strides, in elements, checked for overflow.</summary>
internal static class StridedLayout
{
    /// <summary>PyTorch itself takes at most 64 dimensions in the fast paths; nobody saves more.</summary>
    public const int MaxDimensions = 256;

    /// <exception cref="OverflowException">The product does not fit.</exception>
    public static long CountElements(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long size in shape)
        {
            if (size == 0)
            {
                return 0;
            }

            count = checked(count * size);
        }

        return count;
    }

    /// <summary>The strides of a row-major tensor without gaps; a size of zero counts as one, as in PyTorch.</summary>
    /// <exception cref="OverflowException">A stride does not fit.</exception>
    public static long[] ContiguousStrides(ReadOnlySpan<long> shape)
    {
        var strides = new long[shape.Length];
        long step = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = step;
            step = checked(step * Math.Max(shape[i], 1));
        }

        return strides;
    }

    /// <summary>How many elements of the storage lie between the first and the last one used, both counted.</summary>
    /// <exception cref="OverflowException">The extent does not fit.</exception>
    public static long Extent(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        long last = 0;
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] == 0)
            {
                return 0;
            }

            last = checked(last + ((shape[i] - 1) * strides[i]));
        }

        return checked(last + 1);
    }

    /// <summary>PyTorch's rule: dimensions of size one may have any stride, and an empty tensor is contiguous.</summary>
    public static bool IsContiguous(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        long expected = 1;
        bool contiguous = true;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            if (shape[i] == 0)
            {
                return true;
            }

            if (shape[i] != 1)
            {
                contiguous &= strides[i] == expected;
                expected = unchecked(expected * shape[i]);
            }
        }

        return contiguous;
    }
}
