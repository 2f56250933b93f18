namespace LowMem.Checkpoints.Values;

/// <summary>
/// The elements of a tensor in the order of the file, each once. A transposed weight is read from front to back like any
/// other, and a tensor that was expanded (stride 0) is read, and kept, only once; shape and strides come back afterwards.
/// </summary>
public sealed record DistinctElements
{
    private DistinctElements(TensorInfo tensor) => Tensor = tensor;

    /// <summary>What to read: the same elements, in row-major order of its own shape.</summary>
    public TensorInfo Tensor { get; private init; }

    /// <summary>How often the tensor has each of them; where windows overlap, those that they share are counted once.</summary>
    public long Repeat { get; private init; } = 1;

    /// <summary>The dimensions of the tensor in the order of what is read; null when they are in that order already.</summary>
    public IReadOnlyList<int>? Dimensions { get; private init; }

    /// <summary>Finds the elements of a tensor.</summary>
    /// <param name="tensor">The tensor; one that cannot be read, and may have no strides, counts as a whole.</param>
    public static DistinctElements Of(TensorInfo tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.IsContiguous || tensor.Chunks is not null || tensor.Stride.Length != tensor.Shape.Length)
        {
            return new DistinctElements(tensor);
        }

        int[] dimensions = [.. Enumerable.Range(0, tensor.Shape.Length).OrderByDescending(dimension => tensor.Stride[dimension])];
        long[] stride = Array.ConvertAll(dimensions, dimension => tensor.Stride[dimension]);
        long[] shape = Array.ConvertAll(dimensions, dimension => tensor.Stride[dimension] == 0 && tensor.Shape[dimension] > 0 ? 1 : tensor.Shape[dimension]);
        long count = StridedLayout.CountElements(shape);
        return new DistinctElements(tensor with
        {
            Shape = shape,
            Stride = stride,
            ElementCount = count,
            ByteLength = DType.Get(tensor.DType).GetByteLength(count),
            IsContiguous = StridedLayout.IsContiguous(shape, stride),
        })
        {
            Dimensions = dimensions,
            Repeat = count == 0 ? 1 : tensor.ElementCount / count,
        };
    }

    /// <summary>Takes the two apart that most need.</summary>
    /// <param name="tensor"><see cref="Tensor"/>.</param>
    /// <param name="repeat"><see cref="Repeat"/>.</param>
    public void Deconstruct(out TensorInfo tensor, out long repeat) => (tensor, repeat) = (Tensor, Repeat);

    /// <summary>The part of a tensor with each repeated dimension once, and how often each element was repeated.</summary>
    internal static (TensorView View, long Repeat) Of(TensorView view)
    {
        if (view.IsWhole)
        {
            var (tensor, times) = Of(view.Tensor);
            return (ReferenceEquals(tensor, view.Tensor) ? view : new TensorView(tensor), times);
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
}
