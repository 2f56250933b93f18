namespace LowMem.Checkpoints.Formats.PyTorch;

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
    public long[] GetStride()
    {
        if (!IsColumnMajor)
        {
            return StridedLayout.ContiguousStrides(Shape);
        }

        long[] reversed = [.. Shape.Reverse()];
        return [.. StridedLayout.ContiguousStrides(reversed).Reverse()];
    }

    public override string ToString() => $"numpy.ndarray({Type}, [{string.Join(", ", Shape)}])";
}
