using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values.Slices;

namespace LowMem.Checkpoints.Values.Scaled;

/// <summary>The numbers of a part of a tensor of codes with scales, described and not read.</summary>
public sealed class ScaledView
{
    private ScaledView(ScaledTensor tensor, TensorView codes, TensorView numbers)
    {
        Tensor = tensor;
        Codes = codes;
        Numbers = numbers;
    }

    /// <summary>The tensor.</summary>
    public ScaledTensor Tensor { get; }

    /// <summary>The size of each dimension, in numbers.</summary>
    public IReadOnlyList<long> Shape => Numbers.Shape;

    /// <summary>How many numbers there are.</summary>
    public long ElementCount => Numbers.ElementCount;

    /// <summary>The codes of the part.</summary>
    public TensorView Codes { get; }

    /// <summary>The numbers as if they were stored as float32: their names and shapes, not to be read.</summary>
    public TensorView Numbers { get; }

    /// <summary>Describes a part.</summary>
    /// <param name="tensor">A tensor whose scheme is known.</param>
    /// <param name="slice">The part; null for the whole.</param>
    /// <exception cref="CheckpointException">The scheme is unknown, the codes cannot be read, or there is no such part.</exception>
    public static ScaledView Of(ScaledTensor tensor, TensorSlice? slice = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if ((tensor.Problem ?? tensor.Stored.UnreadableReason ?? tensor.Scales?.UnreadableReason) is { } problem)
        {
            throw Unsupported(tensor, $"the scales of '{DisplayText.Name(tensor.Key)}' are not understood: {problem}.");
        }

        if (tensor.Shape.Aggregate((Int128)sizeof(float), (product, size) => Int128.Min(product * size, (Int128)1 << 64)) > long.MaxValue)
        {
            throw Unsupported(tensor, $"'{DisplayText.Name(tensor.Key)}' has more numbers than can be counted.");
        }

        var codes = new TensorView(tensor.Codes);
        var numbers = new TensorView(DescribeNumbers(tensor));
        if (slice is null)
        {
            return new ScaledView(tensor, codes, numbers);
        }

        numbers = slice.Apply(numbers);
        if (!tensor.IsPacked)
        {
            return new ScaledView(tensor, slice.Apply(codes), numbers);
        }

        // The slice is of the numbers; the codes have another last dimension.
        int last = tensor.Shape.Count - 1;
        if (numbers.Dimensions.Count == 0 || numbers.Dimensions[^1] != new ViewDimension(last, 1) || numbers.Shape[^1] != tensor.Shape[last])
        {
            throw Unsupported(tensor, $"of the last dimension of '{DisplayText.Name(tensor.Key)}' only the whole is read: its numbers share bytes and scales.");
        }

        for (int i = last - 1, place = numbers.Dimensions.Count - 2; i >= 0; i--)
        {
            if (place >= 0 && numbers.Dimensions[place].Source == i)
            {
                codes = codes.Narrow(i, numbers.Starts[i], numbers.Shape[place], numbers.Dimensions[place].Step);
                place--;
            }
            else
            {
                codes = codes.Select(i, numbers.Starts[i]);
            }
        }

        return new ScaledView(tensor, codes, numbers);
    }

    /// <summary>The part with a range of one dimension of the numbers.</summary>
    /// <param name="dimension">The dimension, from 0.</param>
    /// <param name="start">The first index.</param>
    /// <param name="length">How many indices; may be 0.</param>
    /// <exception cref="CheckpointException">The range cuts numbers that share bytes or a scale.</exception>
    internal ScaledView Narrow(int dimension, long start, long length)
    {
        if (!Tensor.IsPacked || dimension < Shape.Count - 1)
        {
            return new ScaledView(Tensor, Codes.Narrow(dimension, start, length).Sparingly(), Numbers.Narrow(dimension, start, length));
        }

        // The last dimension of the numbers is two of the codes: groups, and what is in a group.
        long group = Shape[dimension] / Math.Max(1, Codes.Shape[dimension]);
        if (group == 0 || start % group != 0 || length % group != 0)
        {
            throw Unsupported(Tensor, $"indices {start} to {start + length - 1} of the last dimension of '{DisplayText.Name(Tensor.Key)}' cut a group of {group} that shares a scale.");
        }

        return new ScaledView(Tensor, Codes.Narrow(dimension, start / group, length / group).Sparingly(), Numbers.Narrow(dimension, start, length));
    }

    /// <summary>The numbers as a tensor that nothing reads: only its shape counts.</summary>
    private static TensorInfo DescribeNumbers(ScaledTensor tensor) => tensor.Stored with
    {
        Key = tensor.Key,
        DType = "float32",
        Shape = [.. tensor.Shape],
        Stride = StridedLayout.ContiguousStrides([.. tensor.Shape]),
        ElementCount = StridedLayout.CountElements([.. tensor.Shape]),
        ByteLength = checked(StridedLayout.CountElements([.. tensor.Shape]) * sizeof(float)),
        Offset = -1,
        IsContiguous = true,
        Storage = null,
        Chunks = null,
        Quantization = null,
    };

    private static CheckpointException Unsupported(ScaledTensor tensor, string message) =>
        new(CheckpointErrorIds.Unsupported, tensor.Stored.Path, message) { Record = tensor.Stored.Key };
}
