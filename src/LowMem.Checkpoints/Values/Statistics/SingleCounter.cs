using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Counts numbers of float32 as they lie in the file: most weights are of that type, and are not first copied as float64.</summary>
internal static class SingleCounter
{
    /// <summary>Counts numbers; null when some are not finite, which <see cref="NumberCounter"/> tells apart.</summary>
    /// <param name="numbers">Few enough to stay in the nearest cache.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static NumberCounts? Count(ReadOnlySpan<float> numbers)
    {
        if (numbers.IsEmpty)
        {
            return NumberCounts.None;
        }

        var infinity = Vector512.Create(float.PositiveInfinity);
        var vectors = MemoryMarshal.Cast<float, Vector512<float>>(numbers);
        var isFinite = Vector512<float>.AllBitsSet;
        var zeros = Vector512<int>.Zero;
        var least = infinity;
        var greatest = -infinity;
        var lower = Vector512<double>.Zero;
        var upper = Vector512<double>.Zero;
        foreach (ref readonly var vector in vectors)
        {
            // Comparing with NaN is false, too.
            isFinite &= Vector512.LessThan(Vector512.Abs(vector), infinity);
            zeros -= Vector512.Equals(vector, Vector512<float>.Zero).AsInt32();
            least = Vector512.MinNative(least, vector);
            greatest = Vector512.MaxNative(greatest, vector);
            lower += Vector512.WidenLower(vector);
            upper += Vector512.WidenUpper(vector);
        }

        if (isFinite.AsUInt32() != Vector512<uint>.AllBitsSet)
        {
            return null;
        }

        double sum = Vector512.Sum(lower + upper);
        double minimum = double.PositiveInfinity;
        double maximum = double.NegativeInfinity;
        for (int i = 0; i < Vector512<float>.Count && !vectors.IsEmpty; i++)
        {
            minimum = Math.Min(minimum, least[i]);
            maximum = Math.Max(maximum, greatest[i]);
        }

        long zero = Vector512.Sum(zeros);
        var rest = numbers[(vectors.Length * Vector512<float>.Count)..];
        foreach (float number in rest)
        {
            if (!float.IsFinite(number))
            {
                return null;
            }

            zero += number == 0 ? 1 : 0;
            sum += number;
            minimum = Math.Min(minimum, number);
            maximum = Math.Max(maximum, number);
        }

        double mean = sum / numbers.Length;
        var means = Vector512.Create(mean);
        lower = upper = Vector512<double>.Zero;
        foreach (ref readonly var vector in vectors)
        {
            var first = Vector512.WidenLower(vector) - means;
            var second = Vector512.WidenUpper(vector) - means;
            lower += first * first;
            upper += second * second;
        }

        double squared = Vector512.Sum(lower + upper);
        foreach (float number in rest)
        {
            squared += (number - mean) * (number - mean);
        }

        return new NumberCounts(0, 0, zero, new Moments(numbers.Length, mean, squared, minimum, maximum));
    }
}
