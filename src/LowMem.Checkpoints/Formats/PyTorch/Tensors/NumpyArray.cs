
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>A numpy array that was pickled with its bytes.</summary>
/// <param name="Type">The element type.</param>
/// <param name="Shape">The size of each dimension.</param>
/// <param name="IsColumnMajor">True for Fortran order.</param>
/// <param name="IsBigEndian">True when the elements have their most significant byte first.</param>
/// <param name="Bytes">The elements.</param>
internal sealed record NumpyArray(DType Type, long[] Shape, bool IsColumnMajor, bool IsBigEndian, byte[] Bytes)
{
    /// <summary>The step of each dimension, in elements.</summary>
    /// <exception cref="OverflowException">A stride does not fit 64 bits.</exception>
    private long[] GetStride()
    {
        if (!IsColumnMajor)
        {
            return StridedLayout.ContiguousStrides(Shape);
        }

        long[] reversed = [.. Shape.Reverse()];
        return [.. StridedLayout.ContiguousStrides(reversed).Reverse()];
    }

    /// <summary>The array as a tensor.</summary>
    /// <param name="key">The name of the storage; null for none.</param>
    /// <param name="requiresGrad">What the tensor says about gradients.</param>
    /// <exception cref="TensorProblemException">A stride does not fit 64 bits.</exception>
    public TensorDescription ToDescription(string? key, bool requiresGrad = false)
    {
        try
        {
            return new TensorDescription
            {
                Type = Type,
                Shape = Shape,
                Stride = GetStride(),
                RequiresGrad = requiresGrad,
                Content = new ResolvedStorage(key, Type, new StorageExtent(-1, Bytes.Length, IsBigEndian) { Content = Bytes }),
            };
        }
        catch (OverflowException)
        {
            throw new TensorProblemException(FindingCodes.TensorInvalid, "its size does not fit 64 bits");
        }
    }

    /// <summary>
    /// What stands among the values of a checkpoint: the number itself for an array of no dimension, a .NET array for a
    /// short one of one dimension, and for every other its type and shape as text.
    /// </summary>
    public object ToValue()
    {
        const int longest = 1024;
        if (Shape.Length > 1 || Shape is [> longest] || Bytes.Length != Type.ByteSize * (Shape is [var length] ? length : 1))
        {
            return ToString();
        }

        byte[] bytes = [.. Bytes];
        if (IsBigEndian)
        {
            ElementBits.ReverseByteOrder(bytes, Type);
        }

        int size = Type.ByteSize;
        return (Shape.Length, Type.Kind) switch
        {
            (0, _) => NumpyScalars.Read(Type, bytes) ?? ToString(),
            (_, DTypeKind.Boolean) => Items<bool>(),
            (_, DTypeKind.Integer) when Type.Name != "uint64" => Items<long>(),
            (_, DTypeKind.Floating) => Items<double>(),
            _ => ToString(),
        };

        T[] Items<T>() =>
            [.. Enumerable.Range(0, bytes.Length / size).Select(i => (T)NumpyScalars.Read(Type, bytes.AsSpan(i * size, size))!)];
    }

    public override string ToString() => $"numpy.ndarray({Type}, [{string.Join(", ", Shape)}])";
}
