using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values;

/// <summary>A rectangular part of a tensor, described and not read, as <c>Tensor.narrow</c> and <c>Tensor.select</c> give it.</summary>
public sealed class TensorView
{
    private readonly DType type;

    /// <summary>The whole of a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    public TensorView(TensorInfo tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        Tensor = tensor;
        type = DType.Get(tensor.DType);
        Shape = tensor.Shape;

        // The pieces of a tensor together are read as if it lay in one storage without gaps.
        Stride = tensor.Chunks is null ? tensor.Stride : StridedLayout.ContiguousStrides(tensor.Shape);
        ElementCount = tensor.ElementCount;
        ByteLength = tensor.ByteLength;
        IsContiguous = tensor.Chunks is not null || tensor.IsContiguous;
        IsWhole = true;
        IsSparing = tensor.WholeShape is not null;
    }

    private TensorView(TensorView whole, long[] shape, long[] stride, long start, long[] starts, ViewDimension[] dimensions)
    {
        Starts = starts;
        Dimensions = dimensions;
        Tensor = whole.Tensor;
        type = whole.type;
        Shape = shape;
        Stride = stride;
        Start = start;
        ElementCount = StridedLayout.CountElements(shape);
        ByteLength = type.GetByteLength(ElementCount);
        IsContiguous = StridedLayout.IsContiguous(shape, stride);
        IsSparing = whole.IsSparing;
    }

    /// <summary>The tensor that it is a part of.</summary>
    public TensorInfo Tensor { get; }

    /// <summary>The size of each dimension, in elements.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The step of each dimension, in elements of the storage.</summary>
    public IReadOnlyList<long> Stride { get; }

    /// <summary>The number of elements.</summary>
    public long ElementCount { get; }

    /// <summary>The bytes that the elements take when packed.</summary>
    public long ByteLength { get; }

    /// <summary>True when the elements lie in row-major order without gaps.</summary>
    public bool IsContiguous { get; }

    /// <summary>The first element, in elements of the storage from the first of the tensor.</summary>
    internal long Start { get; }

    /// <summary>The first index of each dimension of the tensor.</summary>
    internal IReadOnlyList<long> Starts => field ??= new long[Tensor.Shape.Length];

    /// <summary>Which dimension of the tensor each dimension is.</summary>
    internal IReadOnlyList<ViewDimension> Dimensions => field ??= [.. Shape.Select((_, dimension) => new ViewDimension(dimension, 1))];

    /// <summary>True for the whole of the tensor, as it is.</summary>
    internal bool IsWhole { get; }

    /// <summary>Whether at most twice its bytes are read for it: that of one rank, of which each other rank reads its own.</summary>
    internal bool IsSparing { get; private set; }

    /// <summary>The same part, read sparingly.</summary>
    internal TensorView Sparingly()
    {
        var view = (TensorView)MemberwiseClone();
        view.IsSparing = true;
        return view;
    }

    /// <summary>The part whose index in one dimension is one of several that are evenly spaced.</summary>
    /// <param name="dimension">The dimension, from 0.</param>
    /// <param name="start">The first index.</param>
    /// <param name="length">The number of indices; may be 0.</param>
    /// <param name="step">From one index to the next; 1 for a range without gaps.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension, or the range is not inside it.</exception>
    /// <exception cref="CheckpointException">Several elements share a byte.</exception>
    public TensorView Narrow(int dimension, long start, long length, long step = 1)
    {
        CheckIndexed(dimension);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Shape[dimension] - Math.Min(length, 1));
        long last = Shape[dimension] - start - 1;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length - 1, length == 0 ? -1 : last / step, nameof(length));
        long[] shape = [.. Shape];
        shape[dimension] = length;

        // The step of a dimension of one is never taken, and may be larger than any place.
        long[] stride = [.. Stride];
        stride[dimension] *= length > 1 ? step : 1;

        long[] starts = [.. Starts];
        ViewDimension[] dimensions = [.. Dimensions];
        var (source, each) = dimensions[dimension];

        // Where nothing is left, nothing has a place.
        starts[source] += length == 0 ? 0 : start * each;
        dimensions[dimension] = new ViewDimension(source, length > 1 ? each * step : each);
        return new TensorView(this, shape, stride, length == 0 ? Start : Start + (start * Stride[dimension]), starts, dimensions);
    }

    /// <summary>The part with one index in one dimension, without that dimension.</summary>
    /// <param name="dimension">The dimension, from 0.</param>
    /// <param name="index">The index.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension or index.</exception>
    /// <exception cref="CheckpointException">Several elements share a byte.</exception>
    public TensorView Select(int dimension, long index)
    {
        CheckIndexed(dimension);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Shape[dimension]);
        long[] starts = [.. Starts];
        var (source, each) = Dimensions[dimension];
        starts[source] += index * each;
        return new TensorView(
            this, Without(Shape, dimension), Without(Stride, dimension), Start + (index * Stride[dimension]), starts, Without(Dimensions, dimension));
    }

    /// <summary>The part as a tensor of its own, over the same storage; null where the tensor is put together from pieces.</summary>
    public TensorInfo? ToStoredTensor() => Tensor.Chunks is null ? ToTensorInfo() : null;

    /// <summary>The part as a tensor of its own, over the same storage. Not for a tensor that is put together from pieces.</summary>
    internal TensorInfo ToTensorInfo()
    {
        if (IsWhole)
        {
            return Tensor;
        }

        if (Tensor.Chunks is not null)
        {
            throw new InvalidOperationException("A part of a tensor in pieces has no storage of its own.");
        }

        long bytes = Start * type.ByteSize;
        return Tensor with
        {
            Shape = [.. Shape],
            Stride = [.. Stride],
            ElementCount = ElementCount,
            ByteLength = ByteLength,
            Offset = Tensor.Offset < 0 ? Tensor.Offset : Tensor.Offset + bytes,
            StorageStart = Tensor.StorageStart + bytes,
            IsContiguous = IsContiguous,
        };
    }

    private static T[] Without<T>(IReadOnlyList<T> values, int dimension) =>
        [.. values.Take(dimension), .. values.Skip(dimension + 1)];

    private void CheckIndexed(int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dimension, Shape.Count);
        if (type.BitSize % 8 != 0)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported,
                Tensor.Path,
                $"of '{DisplayText.Name(Tensor.Key)}' only the whole is read: elements of {type.BitSize} bits share bytes.")
            {
                Record = Tensor.Key,
            };
        }
    }
}
