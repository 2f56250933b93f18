using System.Numerics;
using System.Runtime.CompilerServices;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>The exact sum of integers, and the least and the greatest.</summary>
/// <param name="Sum">The sum.</param>
/// <param name="Minimum">The least; the greatest there can be of none.</param>
/// <param name="Maximum">The greatest; the least there can be of none.</param>
internal readonly record struct IntegerTotals(Int128 Sum, Int128 Minimum, Int128 Maximum)
{
    /// <summary>Those of no integers.</summary>
    public static IntegerTotals None { get; } = new(0, Int128.MaxValue, Int128.MinValue);

    /// <summary>Those of integers of 32 or 64 bits; of a block of them.</summary>
    public static IntegerTotals Of<T>(ReadOnlySpan<T> numbers)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        if (numbers.IsEmpty)
        {
            return None;
        }

        T least = numbers[0];
        T greatest = numbers[0];
        foreach (T number in numbers)
        {
            least = T.Min(least, number);
            greatest = T.Max(greatest, number);
        }

        return new IntegerTotals(
            Unsafe.SizeOf<T>() < sizeof(long) ? AddNarrow(numbers) : AddWide(numbers), Int128.CreateChecked(least), Int128.CreateChecked(greatest));
    }

    /// <summary>An integer of 64 bits as it is shown: a <see cref="long"/> where it is one.</summary>
    public static object ToObject(Int128 number)
    {
        if (number <= long.MaxValue)
        {
            return (long)number;
        }

        return (ulong)number;
    }

    /// <summary>Those of the integers of both.</summary>
    public static IntegerTotals operator +(IntegerTotals left, IntegerTotals right) =>
        new(left.Sum + right.Sum, Int128.Min(left.Minimum, right.Minimum), Int128.Max(left.Maximum, right.Maximum));

    private static Int128 AddNarrow<T>(ReadOnlySpan<T> numbers)
        where T : unmanaged, IBinaryInteger<T>
    {
        long sum = 0;
        foreach (T number in numbers)
        {
            sum += long.CreateTruncating(number);
        }

        return sum;
    }

    /// <summary>By halves of 32 bits, whose sums fit 64.</summary>
    private static Int128 AddWide<T>(ReadOnlySpan<T> numbers)
        where T : unmanaged, IBinaryInteger<T>
    {
        long high = 0;
        ulong low = 0;
        foreach (T number in numbers)
        {
            high += long.CreateTruncating(number >> 32);
            low += ulong.CreateTruncating(number) & uint.MaxValue;
        }

        return ((Int128)high << 32) + low;
    }
}
