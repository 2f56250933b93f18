using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Counts numbers of float32 as they lie in the file: most weights are of that type, and are not first copied as float64.</summary>
internal static class SingleCounter
{
    /// <summary>Of squares that are so many times the result, the last digits that cancel are few.</summary>
    private const double MostCancelled = 16;

    /// <summary>
    /// Counts numbers, zeros aside; null when some are not finite, which <see cref="NumberCounter"/> tells apart.
    /// </summary>
    /// <param name="numbers">Few enough to stay in the nearest cache.</param>
    /// <param name="before">
    /// Those of the numbers before: where their mean is near enough, a single look at the numbers is as exact as two.
    /// </param>
    public static NumberCounts? Count(ReadOnlySpan<float> numbers, Moments before)
    {
        if (numbers.IsEmpty)
        {
            return NumberCounts.None;
        }

        // Most weights lie around zero, and need not be moved there.
        double guess = IsAroundZero(before.Mean * before.Mean * before.Count, before.SquaredDistances) ? 0 : before.Mean;
        var look = guess == 0 ? Look(numbers, default(Unmoved)) : Look(numbers, new Moved(Vector512.Create(guess)));

        // The squares of float32 are far from the ends of float64: only what is not finite makes them so.
        if (!double.IsFinite(look.Squares))
        {
            return null;
        }

        double mean = guess + (look.Sum / numbers.Length);
        double squared = look.Squares - (look.Sum * look.Sum / numbers.Length);
        if (!(look.Squares <= MostCancelled * squared))
        {
            var again = Look(numbers, new Moved(Vector512.Create(mean)));
            mean += again.Sum / numbers.Length;
            squared = Math.Max(0, again.Squares - (again.Sum * again.Sum / numbers.Length));
        }

        return new NumberCounts(0, 0, 0, new Moments(numbers.Length, mean, squared, look.Minimum, look.Maximum));
    }

    /// <summary>Whether so little cancels that a look from zero does.</summary>
    private static bool IsAroundZero(double squaredMean, double squaredDistances) => squaredMean <= (MostCancelled / 2) * squaredDistances;

    /// <summary>The sum of the distances from a number and that of their squares, and the ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Sum, double Squares, double Minimum, double Maximum) Look<T>(ReadOnlySpan<float> numbers, T origin)
        where T : struct, IOrigin
    {
        var vectors = MemoryMarshal.Cast<float, Vector512<float>>(numbers);
        var least = Vector512.Create(float.PositiveInfinity);
        var greatest = -least;
        var (lower, upper) = (Vector512<double>.Zero, Vector512<double>.Zero);
        var (lowerSquares, upperSquares) = (lower, upper);
        foreach (ref readonly var vector in vectors)
        {
            least = Vector512.MinNative(least, vector);
            greatest = Vector512.MaxNative(greatest, vector);
            var first = origin.GetDistance(Vector512.WidenLower(vector));
            var second = origin.GetDistance(Vector512.WidenUpper(vector));
            lower += first;
            upper += second;
            lowerSquares = Vector512.MultiplyAddEstimate(first, first, lowerSquares);
            upperSquares = Vector512.MultiplyAddEstimate(second, second, upperSquares);
        }

        double sum = Vector512.Sum(lower + upper);
        double squares = Vector512.Sum(lowerSquares + upperSquares);
        double minimum = double.PositiveInfinity;
        double maximum = double.NegativeInfinity;
        for (int i = 0; i < Vector512<float>.Count && !vectors.IsEmpty; i++)
        {
            minimum = Math.Min(minimum, least[i]);
            maximum = Math.Max(maximum, greatest[i]);
        }

        double from = -origin.GetDistance(Vector512<double>.Zero)[0];
        foreach (float number in numbers[(vectors.Length * Vector512<float>.Count)..])
        {
            double distance = number - from;
            sum += distance;
            squares += distance * distance;
            minimum = Math.Min(minimum, number);
            maximum = Math.Max(maximum, number);
        }

        return (sum, squares, minimum, maximum);
    }

    /// <summary>Where numbers are measured from: two types, so that the one that moves nothing costs nothing.</summary>
    private interface IOrigin
    {
        Vector512<double> GetDistance(Vector512<double> numbers);
    }

    private readonly struct Unmoved : IOrigin
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<double> GetDistance(Vector512<double> numbers) => numbers;
    }

    private readonly struct Moved(Vector512<double> origin) : IOrigin
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<double> GetDistance(Vector512<double> numbers) => numbers - origin;
    }
}
