using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Values.Health;

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
    public static ValueCounts Count(DType type, ReadOnlySpan<byte> elements) => Count(type, elements, out _);

    /// <summary>Counts little-endian elements, and says how large they are. Types of a byte have no extremes but float8_e5m2 and float8_e4m3fn.</summary>
    /// <param name="type">A type that can be counted.</param>
    /// <param name="elements">Whole elements.</param>
    /// <param name="extremes">How large they are.</param>
    public static ValueCounts Count(DType type, ReadOnlySpan<byte> elements, out ValueExtremes extremes)
    {
        switch (type.Name)
        {
            case "float64" or "complex128": return Count<long>(type, elements, 0x7fefffffffffffff, 0x7ff0000000000000, 0x0010000000000000, out extremes);
            case "float32" or "complex64": return Count<int>(type, elements, 0x7f7fffff, 0x7f800000, 0x00800000, out extremes);
            case "float16" or "complex32": return Count<short>(type, elements, 0x7bff, 0x7c00, 0x0400, out extremes);
            case "bfloat16": return Count<short>(type, elements, 0x7f7f, 0x7f80, 0x0080, out extremes);
            case "float8_e5m2": return Count<sbyte>(type, elements, 0x7b, 0x7c, 0x04, out extremes);
            // It has no infinity.
            case "float8_e4m3fn": return Count<sbyte>(type, elements, 0x7e, null, 0x08, out extremes);
            default:
                extremes = ValueExtremes.None with { AreSame = false };
                return CountBytes(elements, KindsOf(type));
        }
    }

    private static bool IsPair(DType type) => type.Name == "float4_e2m1fn_x2";

    private static ValueCounts Count<T>(
        DType type, ReadOnlySpan<byte> elements, T largestFinite, T? infinity, T smallestNormal, out ValueExtremes extremes)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var numbers = MemoryMarshal.Cast<byte, T>(elements);
        var (nonFinite, belowNormal, zero, largest, areSame) = CountRanges(numbers, largestFinite, smallestNormal);
        long infinite = 0;
        int first = -1;
        if (nonFinite > 0)
        {
            // Rare, so that a second look costs nothing that counts.
            infinite = infinity is { } magnitude ? numbers.Count(magnitude) + numbers.Count(magnitude | T.MinValue) : 0;
            for (first = 0; (numbers[first] & T.MaxValue) <= largestFinite; first++)
            {
            }

            largest = T.Zero;
            foreach (T number in numbers)
            {
                T size = number & T.MaxValue;
                largest = size > largest && size <= largestFinite ? size : largest;
            }
        }

        Span<double> greatest = stackalloc double[1];
        ElementConverter.ToDouble(type, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in largest)), greatest);
        extremes = new ValueExtremes(greatest[0], numbers.IsEmpty ? null : long.CreateTruncating(numbers[0]), areSame);
        return new ValueCounts(numbers.Length, nonFinite - infinite, infinite, zero, belowNormal - zero, first);
    }

    // Optimised at once: by the time the runtime would get to it, gigabytes have gone through the slow version.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (long NonFinite, long BelowNormal, long Zero, T Largest, bool AreSame) CountRanges<T>(
        ReadOnlySpan<T> numbers, T largestFinite, T smallestNormal)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var sum = (NonFinite: 0L, BelowNormal: 0L, Zero: 0L);
        if (numbers.IsEmpty)
        {
            return (0, 0, 0, T.Zero, true);
        }

        var vectors = MemoryMarshal.Cast<T, Vector<T>>(numbers);

        // A lane counts in its own type; it is emptied before it can overflow.
        var one = new Vector<T>(numbers[0]);
        Vector<T> largest = default;
        Vector<T> different = default;
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
                largest = Vector.Max(largest, magnitude);
                different |= vector ^ one;
            }

            sum = (sum.NonFinite + Sum(nonFinite), sum.BelowNormal + Sum(belowNormal), sum.Zero + Sum(zero));
            vectors = vectors[part.Length..];
        }

        T greatest = T.Zero;
        for (int i = 0; i < Vector<T>.Count; i++)
        {
            greatest = T.Max(greatest, largest[i]);
        }

        bool areSame = different == Vector<T>.Zero;
        foreach (T number in numbers[(numbers.Length - (numbers.Length % Vector<T>.Count))..])
        {
            T magnitude = number & T.MaxValue;
            sum.NonFinite += magnitude > largestFinite ? 1 : 0;
            sum.BelowNormal += magnitude < smallestNormal ? 1 : 0;
            sum.Zero += magnitude == T.Zero ? 1 : 0;
            greatest = T.Max(greatest, magnitude);
            areSame &= number == numbers[0];
        }

        return (sum.NonFinite, sum.BelowNormal, sum.Zero, greatest, areSame);
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
