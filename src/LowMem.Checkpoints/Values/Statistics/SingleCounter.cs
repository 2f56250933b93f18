using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Counts numbers of float32 as they lie in the file: most weights are of that type, and are not first copied as float64.</summary>
internal static class SingleCounter
{
    /// <summary>Of squares that are so many times the result, the last digits that cancel are few.</summary>
    private const double MostCancelled = 16;

    /// <summary>Counts numbers; null when some are not finite, which <see cref="NumberCounter"/> tells apart.</summary>
    /// <param name="numbers">Few enough to stay in the nearest cache.</param>
    /// <param name="guess">
    /// About the mean, such as that of the numbers before: when it is near enough, a single look at the numbers is as exact as two.
    /// </param>
    public static NumberCounts? Count(ReadOnlySpan<float> numbers, double guess)
    {
        if (numbers.IsEmpty)
        {
            return NumberCounts.None;
        }

        var (sum, squares, zeros, minimum, maximum) = Look(numbers, guess);

        // The squares of float32 are far from the ends of float64: only what is not finite makes them so.
        if (!double.IsFinite(squares))
        {
            return null;
        }

        double mean = guess + (sum / numbers.Length);
        double squared = squares - (sum * sum / numbers.Length);
        if (!(squares <= MostCancelled * squared))
        {
            (sum, squares, _, _, _) = Look(numbers, mean);
            mean += sum / numbers.Length;
            squared = Math.Max(0, squares - (sum * sum / numbers.Length));
        }

        return new NumberCounts(0, 0, zeros, new Moments(numbers.Length, mean, squared, minimum, maximum));
    }

    /// <summary>The sum of the distances from a number and that of their squares, the zeros and the ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Sum, double Squares, long Zeros, double Minimum, double Maximum) Look(ReadOnlySpan<float> numbers, double from)
    {
        var vectors = MemoryMarshal.Cast<float, Vector512<float>>(numbers);
        var origin = Vector512.Create(from);
        var zeros = Vector512<int>.Zero;
        var least = Vector512.Create(float.PositiveInfinity);
        var greatest = -least;
        var (lower, upper) = (Vector512<double>.Zero, Vector512<double>.Zero);
        var (lowerSquares, upperSquares) = (lower, upper);
        foreach (ref readonly var vector in vectors)
        {
            zeros -= Vector512.Equals(vector, Vector512<float>.Zero).AsInt32();
            least = Vector512.MinNative(least, vector);
            greatest = Vector512.MaxNative(greatest, vector);
            var first = Vector512.WidenLower(vector) - origin;
            var second = Vector512.WidenUpper(vector) - origin;
            lower += first;
            upper += second;
            lowerSquares += first * first;
            upperSquares += second * second;
        }

        double sum = Vector512.Sum(lower + upper);
        double squares = Vector512.Sum(lowerSquares + upperSquares);
        long zero = Vector512.Sum(zeros);
        double minimum = double.PositiveInfinity;
        double maximum = double.NegativeInfinity;
        for (int i = 0; i < Vector512<float>.Count && !vectors.IsEmpty; i++)
        {
            minimum = Math.Min(minimum, least[i]);
            maximum = Math.Max(maximum, greatest[i]);
        }

        foreach (float number in numbers[(vectors.Length * Vector512<float>.Count)..])
        {
            double distance = number - from;
            sum += distance;
            squares += distance * distance;
            zero += number == 0 ? 1 : 0;
            minimum = Math.Min(minimum, number);
            maximum = Math.Max(maximum, number);
        }

        return (sum, squares, zero, minimum, maximum);
    }
}
