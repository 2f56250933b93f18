using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>
/// What is known of some numbers: how many there are, their mean, the sum of the squares of their distances from it, and the
/// least and the greatest. Two of these make that of all the numbers, as Chan, Golub and LeVeque (1979) do it.
/// </summary>
/// <param name="Count">How many.</param>
/// <param name="Mean">The mean; 0 of none.</param>
/// <param name="SquaredDistances">The sum of the squares of the distances from the mean.</param>
/// <param name="Minimum">The least; infinity of none.</param>
/// <param name="Maximum">The greatest; negative infinity of none.</param>
internal readonly record struct Moments(long Count, double Mean, double SquaredDistances, double Minimum, double Maximum)
{
    /// <summary>Those of no numbers.</summary>
    public static Moments None { get; } = new(0, 0, 0, double.PositiveInfinity, double.NegativeInfinity);

    /// <summary>The sum of the squares.</summary>
    public double SumOfSquares => SquaredDistances + (Count * Mean * Mean);

    /// <summary>Those of finite numbers, few enough to stay in the nearest cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Moments Of(ReadOnlySpan<double> numbers)
    {
        if (numbers.IsEmpty)
        {
            return None;
        }

        var sums = Vector512<double>.Zero;
        var least = Vector512.Create(double.PositiveInfinity);
        var greatest = Vector512.Create(double.NegativeInfinity);
        var vectors = MemoryMarshal.Cast<double, Vector512<double>>(numbers);
        foreach (ref readonly var vector in vectors)
        {
            sums += vector;
            least = Vector512.MinNative(least, vector);
            greatest = Vector512.MaxNative(greatest, vector);
        }

        double sum = Vector512.Sum(sums);
        double minimum = double.PositiveInfinity;
        double maximum = double.NegativeInfinity;
        for (int i = 0; i < Vector512<double>.Count; i++)
        {
            minimum = Math.Min(minimum, least[i]);
            maximum = Math.Max(maximum, greatest[i]);
        }

        var rest = numbers[(vectors.Length * Vector512<double>.Count)..];
        foreach (double number in rest)
        {
            sum += number;
            minimum = Math.Min(minimum, number);
            maximum = Math.Max(maximum, number);
        }

        double mean = double.IsFinite(sum) ? sum / numbers.Length : Math.Clamp(MeanOfLarge(numbers), minimum, maximum);
        var means = Vector512.Create(mean);
        var squares = Vector512<double>.Zero;
        foreach (ref readonly var vector in vectors)
        {
            var distance = vector - means;
            squares += distance * distance;
        }

        double squared = Vector512.Sum(squares);
        foreach (double number in rest)
        {
            squared += (number - mean) * (number - mean);
        }

        return new Moments(numbers.Length, mean, squared, minimum, maximum);
    }

    /// <summary>Those of numbers in order, each of which is there so many times.</summary>
    public static Moments Of(IReadOnlyList<CountedNumber> ordered)
    {
        if (ordered.Count == 0)
        {
            return None;
        }

        long count = 0;
        double sum = 0;
        foreach (var (number, times) in ordered)
        {
            count += times;
            sum += number * times;
        }

        double mean = sum / count;
        double squared = 0;
        foreach (var (number, times) in ordered)
        {
            squared += (number - mean) * (number - mean) * times;
        }

        return new Moments(count, mean, squared, ordered[0].Number, ordered[^1].Number);
    }

    /// <summary>The mean of numbers whose sum is beyond float64; by rounding, it may end up just outside of them.</summary>
    private static double MeanOfLarge(ReadOnlySpan<double> numbers)
    {
        double mean = 0;
        foreach (double number in numbers)
        {
            mean += number / numbers.Length;
        }

        return mean;
    }

    /// <summary>Those of the numbers of both.</summary>
    public static Moments operator +(Moments left, Moments right)
    {
        if (left.Count == 0 || right.Count == 0)
        {
            return left.Count == 0 ? right : left;
        }

        long count = left.Count + right.Count;
        double distance = right.Mean - left.Mean;
        double mean = left.Mean + (distance * right.Count / count);
        double least = Math.Min(left.Minimum, right.Minimum);
        double greatest = Math.Max(left.Maximum, right.Maximum);
        return new Moments(
            count,
            double.IsFinite(mean) ? mean : Math.Clamp((left.Mean * ((double)left.Count / count)) + (right.Mean * ((double)right.Count / count)), least, greatest),
            left.SquaredDistances + right.SquaredDistances + (distance * distance * left.Count * right.Count / count),
            least,
            greatest);
    }
}
