using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Verification;

/// <summary>
/// Counts NaN, infinities, zeros and denormal numbers by looking at their bits as integers: without its sign bit a
/// floating-point number is ordered like an integer, so that each kind is a range.
/// </summary>
internal static class ValueCounter
{
    /// <summary>Whether the type has values that this class can tell apart.</summary>
    public static bool CanCount(DType type) =>
        type.Kind is DTypeKind.Floating or DTypeKind.Complex && type.BitSize % 8 == 0;

    /// <summary>How many numbers one element is.</summary>
    public static int NumbersPerElement(DType type) => type.Kind == DTypeKind.Complex || IsPair(type) ? 2 : 1;

    /// <summary>Counts little-endian elements.</summary>
    /// <param name="type">A type that can be counted.</param>
    /// <param name="elements">Whole elements.</param>
    public static ValueCounts Count(DType type, ReadOnlySpan<byte> elements) => type.Name switch
    {
        "float64" or "complex128" => Count<long>(elements, 0x7fefffffffffffff, 0x7ff0000000000000, 0x0010000000000000),
        "float32" or "complex64" => Count<int>(elements, 0x7f7fffff, 0x7f800000, 0x00800000),
        "float16" or "complex32" => Count<short>(elements, 0x7bff, 0x7c00, 0x0400),
        "bfloat16" => Count<short>(elements, 0x7f7f, 0x7f80, 0x0080),
        "float8_e5m2" => Count<sbyte>(elements, 0x7b, 0x7c, 0x04),
        // It has no infinity.
        "float8_e4m3fn" => Count<sbyte>(elements, 0x7e, null, 0x08),
        _ => CountBytes(elements, KindsOf(type)),
    };

    private static bool IsPair(DType type) => type.Name == "float4_e2m1fn_x2";

    private static ValueCounts Count<T>(ReadOnlySpan<byte> elements, T largestFinite, T? infinity, T smallestNormal)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var numbers = MemoryMarshal.Cast<byte, T>(elements);
        var (nonFinite, belowNormal, zero) = CountRanges(numbers, largestFinite, smallestNormal);
        long infinite = 0;
        int first = -1;
        if (nonFinite > 0)
        {
            // Rare, so that a second look costs nothing that counts.
            infinite = infinity is { } magnitude ? numbers.Count(magnitude) + numbers.Count(magnitude | T.MinValue) : 0;
            for (first = 0; (numbers[first] & T.MaxValue) <= largestFinite; first++)
            {
            }
        }

        return new ValueCounts(numbers.Length, nonFinite - infinite, infinite, zero, belowNormal - zero, first);
    }

    // Optimised at once: by the time the runtime would get to it, gigabytes have gone through the slow version.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (long NonFinite, long BelowNormal, long Zero) CountRanges<T>(
        ReadOnlySpan<T> numbers, T largestFinite, T smallestNormal)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var sum = (NonFinite: 0L, BelowNormal: 0L, Zero: 0L);
        var vectors = MemoryMarshal.Cast<T, Vector<T>>(numbers);

        // A lane counts in its own type; it is emptied before it can overflow.
        int longest = (int)long.Min(long.CreateSaturating(T.MaxValue), 1 << 20);
        while (!vectors.IsEmpty)
        {
            var part = vectors[..Math.Min(longest, vectors.Length)];
            var magnitudeBits = new Vector<T>(T.MaxValue);
            var finiteLimit = new Vector<T>(largestFinite);
            var normalLimit = new Vector<T>(smallestNormal);
            Vector<T> nonFinite = default;
            Vector<T> belowNormal = default;
            Vector<T> zero = default;
            foreach (ref readonly var vector in part)
            {
                // A comparison gives -1 in each lane where it holds.
                var magnitude = vector & magnitudeBits;
                nonFinite -= Vector.GreaterThan(magnitude, finiteLimit);
                belowNormal -= Vector.LessThan(magnitude, normalLimit);
                zero -= Vector.Equals(magnitude, Vector<T>.Zero);
            }

            sum = (sum.NonFinite + Sum(nonFinite), sum.BelowNormal + Sum(belowNormal), sum.Zero + Sum(zero));
            vectors = vectors[part.Length..];
        }

        foreach (T number in numbers[(numbers.Length - (numbers.Length % Vector<T>.Count))..])
        {
            T magnitude = number & T.MaxValue;
            sum.NonFinite += magnitude > largestFinite ? 1 : 0;
            sum.BelowNormal += magnitude < smallestNormal ? 1 : 0;
            sum.Zero += magnitude == T.Zero ? 1 : 0;
        }

        return sum;
    }

    private static long Sum<T>(Vector<T> lanes)
        where T : unmanaged, IBinaryInteger<T>
    {
        long sum = 0;
        for (int i = 0; i < Vector<T>.Count; i++)
        {
            sum += long.CreateTruncating(lanes[i]);
        }

        return sum;
    }

    /// <summary>Types without the usual layout: each of the 256 bytes stands for numbers of fixed kinds.</summary>
    private static ValueCounts CountBytes(ReadOnlySpan<byte> elements, Func<byte, ValueCounts> kinds)
    {
        Span<long> histogram = stackalloc long[256];
        histogram.Clear();
        foreach (byte element in elements)
        {
            histogram[element]++;
        }

        var sum = ValueCounts.None;
        for (int value = 0; value < histogram.Length; value++)
        {
            var kind = kinds((byte)value);
            long times = histogram[value];
            if (times > 0)
            {
                sum += new ValueCounts(
                    kind.Numbers * times,
                    kind.NaN * times,
                    0,
                    kind.Zero * times,
                    kind.Denormal * times,
                    kind.NaN > 0 ? (long)elements.IndexOf((byte)value) * kind.Numbers : -1);
            }
        }

        return sum;
    }

    /// <summary>The kinds of the numbers in one byte (c10/util/Float8_*fnuz.h, Float8_e8m0fnu.h, Float4_e2m1fn_x2.h).</summary>
    private static Func<byte, ValueCounts> KindsOf(DType type) => type.Name switch
    {
        "float8_e4m3fnuz" => value => OneByte(value, isNaN: value == 0x80, isZero: value == 0, denormalBelow: 0x08),
        "float8_e5m2fnuz" => value => OneByte(value, isNaN: value == 0x80, isZero: value == 0, denormalBelow: 0x04),
        "float8_e8m0fnu" => value => new ValueCounts(1, value == 0xff ? 1 : 0, 0, 0, 0, -1),
        "float4_e2m1fn_x2" => value => Nibble(value & 7) + Nibble((value >> 4) & 7),
        _ => throw new ArgumentException($"The values of '{type}' cannot be counted.", nameof(type)),
    };

    private static ValueCounts OneByte(byte value, bool isNaN, bool isZero, int denormalBelow) =>
        new(1, isNaN ? 1 : 0, 0, isZero ? 1 : 0, !isNaN && !isZero && (value & 0x7f) < denormalBelow ? 1 : 0, -1);

    private static ValueCounts Nibble(int magnitude) => new(1, 0, 0, magnitude == 0 ? 1 : 0, magnitude == 1 ? 1 : 0, -1);
}
