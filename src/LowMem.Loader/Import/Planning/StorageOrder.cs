using LowMem.Checkpoints;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Planning;

/// <summary>
/// The distinct elements of a tensor in the order of the file. A transposed weight is read from front to back like any
/// other, and a tensor that was expanded (stride 0) is read, and kept, only once; shape and strides come back afterwards.
/// </summary>
internal sealed class StorageOrder
{
    private readonly TensorInfo source;

    // Null when they are in order already, as they nearly always are.
    private readonly int[]? dimensions;

    public StorageOrder(TensorInfo source)
    {
        this.source = source;

        // A tensor that cannot be read may have no strides; it counts as a whole.
        if (source.IsContiguous || source.Stride.Length != source.Shape.Length)
        {
            Tensor = source;
            return;
        }

        dimensions = [.. Enumerable.Range(0, source.Shape.Length).OrderByDescending(i => source.Stride[i])];
        var stride = Array.ConvertAll(dimensions, i => source.Stride[i]);
        var shape = Array.ConvertAll(dimensions, i => source.Stride[i] == 0 && source.Shape[i] > 0 ? 1 : source.Shape[i]);
        var count = shape.Aggregate(1L, (product, size) => product * size);
        Tensor = source with
        {
            Shape = shape,
            Stride = stride,
            ElementCount = count,
            ByteLength = DType.Get(source.DType).GetByteLength(count),
            IsContiguous = IsPacked(shape, stride),
        };
    }

    /// <summary>What to read: the same elements, each once, in the order of the file.</summary>
    public TensorInfo Tensor { get; }

    /// <summary>Gives elements that were read in that order the shape and strides of the source again.</summary>
    /// <param name="elements">A contiguous tensor of the shape of <see cref="Tensor"/>.</param>
    public Tensor Restore(Tensor elements)
    {
        if (dimensions is null)
        {
            return elements.alias();
        }

        var inverse = new long[dimensions.Length];
        for (var i = 0; i < dimensions.Length; i++)
        {
            inverse[dimensions[i]] = i;
        }

        using var permuted = elements.permute(inverse);
        return permuted.expand(source.Shape);
    }

    private static bool IsPacked(long[] shape, long[] stride)
    {
        var expected = 1L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            if (shape[i] != 1 && stride[i] != expected)
            {
                return false;
            }

            expected *= shape[i];
        }

        return true;
    }
}
