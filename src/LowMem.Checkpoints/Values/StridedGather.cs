namespace LowMem.Checkpoints.Values;

/// <summary>Reads elements that do not lie in row-major order, in row-major order.</summary>
internal static class StridedGather
{
    private const int CancellationInterval = 1 << 16;

    /// <summary>Fills the destination with elements from a place in the packed order on.</summary>
    public static void Read(
        IStorageBytes storage,
        TensorInfo tensor,
        int elementSize,
        long firstElement,
        Span<byte> destination,
        CancellationToken cancellationToken)
    {
        var cache = new BlockCache(storage, tensor.GetStorageByteLength());
        long[] shape = tensor.Shape;
        long[] stride = tensor.Stride;
        long[] index = Unravel(shape, firstElement);
        long place = tensor.StorageStart;
        for (int i = 0; i < shape.Length; i++)
        {
            place += index[i] * stride[i] * elementSize;
        }

        int untilCheck = CancellationInterval;
        while (!destination.IsEmpty)
        {
            cache.Copy(place, destination[..elementSize]);
            destination = destination[elementSize..];
            if (--untilCheck == 0)
            {
                untilCheck = CancellationInterval;
                cancellationToken.ThrowIfCancellationRequested();
            }

            for (int i = shape.Length - 1; i >= 0; i--)
            {
                place += stride[i] * elementSize;
                if (++index[i] < shape[i])
                {
                    break;
                }

                place -= shape[i] * stride[i] * elementSize;
                index[i] = 0;
            }
        }
    }

    private static long[] Unravel(long[] shape, long element)
    {
        var index = new long[shape.Length];
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            index[i] = element % shape[i];
            element /= shape[i];
        }

        return index;
    }
}
