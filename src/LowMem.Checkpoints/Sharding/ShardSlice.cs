using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Sharding;

/// <summary>Describes a slice of a tensor as a tensor of its own, over the same bytes. Nothing is read.</summary>
internal static class ShardSlice
{
    /// <summary>The slice; null when its elements do not begin and end at whole bytes.</summary>
    /// <param name="tensor">A dense tensor that can be read.</param>
    /// <param name="dimension">The dimension that is cut, from 0.</param>
    /// <param name="start">The first index.</param>
    /// <param name="length">How many indices; may be 0.</param>
    public static TensorInfo? Take(TensorInfo tensor, int dimension, long start, long length)
    {
        if (length == tensor.Shape[dimension])
        {
            return tensor;
        }

        return tensor.Chunks is null ? TakeStored(tensor, dimension, start, length) : TakeOfPieces(tensor, dimension, start, length);
    }

    private static TensorInfo? TakeStored(TensorInfo tensor, int dimension, long start, long length)
    {
        var type = DType.Get(tensor.DType);
        long[] shape = [.. tensor.Shape];
        shape[dimension] = length;
        long count = StridedLayout.CountElements(shape);

        // Where nothing is left, nothing has a place.
        var bits = count == 0 ? 0 : (Int128)start * tensor.Stride[dimension] * type.BitSize;
        bool isContiguous = StridedLayout.IsContiguous(shape, tensor.Stride);
        if (type.BitSize % 8 != 0 && count > 0 && (!isContiguous || bits % 8 != 0 || (Int128)count * type.BitSize % 8 != 0))
        {
            return null;
        }

        long bytes = checked((long)(bits / 8));
        return tensor with
        {
            Shape = shape,
            ElementCount = count,
            ByteLength = type.GetByteLength(count),
            Offset = tensor.Offset < 0 ? tensor.Offset : checked(tensor.Offset + bytes),
            StorageStart = checked(tensor.StorageStart + bytes),
            IsContiguous = isContiguous,
            WholeShape = tensor.WholeShape ?? tensor.Shape,
        };
    }

    private static TensorInfo? TakeOfPieces(TensorInfo tensor, int dimension, long start, long length)
    {
        var chunks = new List<TensorChunk>();
        foreach (var (offsets, source) in tensor.Chunks!)
        {
            long first = Math.Max(offsets[dimension], start);
            long end = Math.Min(offsets[dimension] + source.Shape[dimension], start + length);
            if (end <= first)
            {
                continue;
            }

            if (Take(source, dimension, first - offsets[dimension], end - first) is not { } part)
            {
                return null;
            }

            long[] places = [.. offsets];
            places[dimension] = first - start;
            chunks.Add(new TensorChunk(places, part));
        }

        long[] shape = [.. tensor.Shape];
        shape[dimension] = length;
        long count = StridedLayout.CountElements(shape);
        long bytes = DType.Get(tensor.DType).GetByteLength(count);

        // A slice that is one piece is stored as it is.
        if (chunks is [var only] && only.Source.ElementCount == count)
        {
            return only.Source with { Key = tensor.Key, RequiresGrad = tensor.RequiresGrad, WholeShape = tensor.Shape };
        }

        return tensor with
        {
            Shape = shape,
            Stride = StridedLayout.ContiguousStrides(shape),
            ElementCount = count,
            ByteLength = bytes,
            Path = chunks.Count > 0 ? chunks[0].Source.Path : tensor.Path,
            Chunks = chunks,
            WholeShape = tensor.WholeShape ?? tensor.Shape,
        };
    }
}
