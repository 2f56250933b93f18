using System.Runtime.InteropServices;
using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Comparison;

/// <summary>
/// Reads the numbers of one side of a comparison as float64. A 64-bit integer has more digits: what is left is a second number.
/// Integers of a tensor that is quantised with one scale are made the numbers that they stand for.
/// </summary>
internal sealed class ComparedNumbers
{
    private readonly double scale;
    private readonly double zeroPoint;

    /// <param name="tensor">A dense tensor.</param>
    public ComparedNumbers(TensorInfo tensor)
    {
        Type = DType.Get(tensor.DType);
        IsScaled = tensor.Quantization is { Scale: not null, ZeroPoint: not null };
        scale = tensor.Quantization?.Scale ?? 1;
        zeroPoint = tensor.Quantization?.ZeroPoint ?? 0;
        Bits = Type.Name == "float4_e2m1fn_x2" ? 4 : Type.BitSize;
    }

    /// <summary>The type of the elements.</summary>
    public DType Type { get; }

    /// <summary>The bits of one number; of a complex type, of a pair.</summary>
    public int Bits { get; }

    /// <summary>Whether an element is two numbers that belong together.</summary>
    public bool IsComplex => Type.Kind == DTypeKind.Complex;

    /// <summary>Whether a number may not fit a float64.</summary>
    public bool IsWide => Type is { Kind: DTypeKind.Integer, BitSize: 64 };

    /// <summary>Whether integers are made the numbers that they stand for.</summary>
    public bool IsScaled { get; }

    /// <summary>How many elements of the numbers there are.</summary>
    /// <param name="tensor">The tensor.</param>
    public static long Count(TensorInfo tensor) =>
        tensor.DType == "float4_e2m1fn_x2" ? checked(tensor.ElementCount * 2) : tensor.ElementCount;

    /// <summary>The bytes of so many numbers.</summary>
    public long GetByteLength(long count) => (long)((((Int128)count * Bits) + 7) / 8);

    /// <summary>Reads numbers; of complex ones, real and imaginary parts in turn.</summary>
    /// <param name="elements">The elements, from a whole byte on.</param>
    /// <param name="numbers">Filled with the numbers.</param>
    /// <param name="rests">Filled with what they are more; empty when neither side has 64-bit integers.</param>
    public void Read(ReadOnlySpan<byte> elements, Span<double> numbers, Span<double> rests)
    {
        if (!ElementConverter.CanRead(Type))
        {
            ReadCodes(elements, numbers);
        }
        else
        {
            ElementConverter.ToDouble(Type, elements, numbers);
        }

        if (IsScaled)
        {
            foreach (ref double number in numbers)
            {
                number = (number - zeroPoint) * scale;
            }
        }

        if (rests.IsEmpty)
        {
            return;
        }

        switch (Type.Name)
        {
            case "int64": ReadRests(MemoryMarshal.Cast<byte, long>(elements), numbers, rests); break;
            case "uint64": ReadRests(MemoryMarshal.Cast<byte, ulong>(elements), numbers, rests); break;
            default: rests.Clear(); break;
        }
    }

    /// <summary>Rounding to the nearest: what is left fits a float64 by far.</summary>
    private static void ReadRests(ReadOnlySpan<long> integers, ReadOnlySpan<double> numbers, Span<double> rests)
    {
        for (int i = 0; i < rests.Length; i++)
        {
            // 2^63 is the one that a long does not hold.
            rests[i] = numbers[i] >= long.MaxValue ? integers[i] - long.MaxValue - 1.0 : integers[i] - (long)numbers[i];
        }
    }

    private static void ReadRests(ReadOnlySpan<ulong> integers, ReadOnlySpan<double> numbers, Span<double> rests)
    {
        for (int i = 0; i < rests.Length; i++)
        {
            rests[i] = numbers[i] >= ulong.MaxValue ? -1.0 - (ulong.MaxValue - integers[i]) : unchecked((long)(integers[i] - (ulong)numbers[i]));
        }
    }

    /// <summary>Codes smaller than a byte follow each other from the lowest bit on.</summary>
    private void ReadCodes(ReadOnlySpan<byte> elements, Span<double> numbers)
    {
        int perByte = 8 / Bits;
        int mask = (1 << Bits) - 1;
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = (elements[i / perByte] >> (i % perByte * Bits)) & mask;
        }
    }
}
