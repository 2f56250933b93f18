using System.Numerics;
using System.Runtime.CompilerServices;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>The exact sum of integers, and the least and the greatest.</summary>
/// <param name="Sum">The sum.</param>
/// <param name="Minimum">The least.</param>
/// <param name="Maximum">The greatest.</param>
/// <remarks>
/// Code that handles 128 bits is compiled while it runs. As a class, it leaves that to tensors of integers.
/// </remarks>
internal sealed record IntegerTotals(Int128 Sum, Int128 Minimum, Int128 Maximum)
{
    /// <summary>Those of integers of 32 or 64 bits, of a block of them; null of none.</summary>
    public static IntegerTotals? Of<T>(ReadOnlySpan<T> numbers)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        if (numbers.IsEmpty)
        {
            return null;
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

    /// <summary>The least as it is shown.</summary>
    public object GetMinimum() => ToObject(Minimum);

    /// <summary>The greatest as it is shown.</summary>
    public object GetMaximum() => ToObject(Maximum);

    /// <summary>The mean of so many.</summary>
    public double GetMean(long count) => (double)Sum / count;

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
    public static IntegerTotals? operator +(IntegerTotals? left, IntegerTotals? right) =>
        left is null || right is null ? left ?? right : left.Add(right);

    private IntegerTotals Add(IntegerTotals other) =>
        new(Sum + other.Sum, Int128.Min(Minimum, other.Minimum), Int128.Max(Maximum, other.Maximum));

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
