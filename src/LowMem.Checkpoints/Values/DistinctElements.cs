namespace LowMem.Checkpoints.Values;

/// <summary>How the elements of a tensor lie in its storage: repeated, with gaps, or neither.</summary>
internal static class DistinctElements
{
    /// <summary>The tensor with each repeated dimension once, and how often each element was repeated.</summary>
    public static (TensorInfo Tensor, long Repeat) Of(TensorInfo tensor)
    {
        long repeat = 1;
        long[] shape = [.. tensor.Shape];
        for (int i = 0; i < shape.Length; i++)
        {
            if (tensor.Stride[i] == 0 && shape[i] > 1)
            {
                // The product of all sizes fits, so that of some of them does.
                repeat *= shape[i];
                shape[i] = 1;
            }
        }

        if (repeat == 1)
        {
            return (tensor, 1);
        }

        long elements = StridedLayout.CountElements(shape);
        var distinct = tensor with
        {
            Shape = shape,
            ElementCount = elements,
            ByteLength = DType.Get(tensor.DType).GetByteLength(elements),
            IsContiguous = StridedLayout.IsContiguous(shape, tensor.Stride),
        };
        return (distinct, repeat);
    }

    /// <summary>The part of a tensor with each repeated dimension once, and how often each element was repeated.</summary>
    public static (TensorView View, long Repeat) Of(TensorView view)
    {
        if (view is { IsWhole: true, Tensor.Chunks: null })
        {
            var (tensor, times) = Of(view.Tensor);
            return (times == 1 ? view : new TensorView(tensor), times);
        }

        long repeat = 1;
        for (int i = 0; i < view.Shape.Count; i++)
        {
            if (view.Stride[i] == 0 && view.Shape[i] > 1)
            {
                repeat *= view.Shape[i];
                view = view.Narrow(i, 0, 1);
            }
        }

        return (view, repeat);
    }

    /// <summary>
    /// Whether the elements, in some order, are all those between the first and the last, each once: so it is for a
    /// contiguous tensor and for one that was transposed.
    /// </summary>
    public static bool FillTheirRange(TensorInfo tensor)
    {
        int[] dimensions = [.. Enumerable.Range(0, tensor.Shape.Length)
            .Where(dimension => tensor.Shape[dimension] > 1)
            .OrderBy(dimension => tensor.Stride[dimension])];
        long expected = 1;
        foreach (int dimension in dimensions)
        {
            if (tensor.Stride[dimension] != expected)
            {
                return false;
            }

            expected *= tensor.Shape[dimension];
        }

        return true;
    }
}
