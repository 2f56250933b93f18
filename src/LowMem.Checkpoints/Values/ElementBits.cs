namespace LowMem.Checkpoints.Values;

/// <summary>Changes that are made to the stored bytes of elements so that they are the values of the tensor.</summary>
internal static class ElementBits
{
    /// <summary>Swaps the bytes of each number; a complex element is two numbers.</summary>
    public static void ReverseByteOrder(Span<byte> elements, DType type)
    {
        int size = type.Kind == DTypeKind.Complex ? type.ByteSize / 2 : type.ByteSize;
        for (int i = 0; size > 1 && i < elements.Length; i += size)
        {
            elements.Slice(i, size).Reverse();
        }
    }

    /// <summary>Turns the sign of little-endian floating-point numbers: of all, or of imaginary parts only.</summary>
    public static void FlipSigns(Span<byte> elements, DType type, bool negated, bool conjugated)
    {
        int size = type.Kind == DTypeKind.Complex ? type.ByteSize / 2 : type.ByteSize;
        for (int i = 0; i < elements.Length; i += size)
        {
            bool imaginary = type.Kind == DTypeKind.Complex && i / size % 2 == 1;
            if (negated ^ (conjugated && imaginary))
            {
                elements[i + size - 1] ^= 0x80;
            }
        }
    }
}
