using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Takes what is not finite out of numbers, and counts it.</summary>
internal static class NumberCounter
{
    /// <summary>Counts numbers, of which the finite ones come first afterwards.</summary>
    /// <param name="numbers">The numbers; their order may be changed.</param>
    /// <param name="finite">How many are finite.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static NumberCounts Count(Span<double> numbers, out int finite)
    {
        var infinity = Vector512.Create(double.PositiveInfinity);
        var vectors = MemoryMarshal.Cast<double, Vector512<double>>(numbers);
        var isFinite = Vector512<double>.AllBitsSet;
        var zeros = Vector512<long>.Zero;
        foreach (ref readonly var vector in vectors)
        {
            // Comparing with NaN is false, too.
            isFinite &= Vector512.LessThan(Vector512.Abs(vector), infinity);
            zeros -= Vector512.Equals(vector, Vector512<double>.Zero).AsInt64();
        }

        long zero = Vector512.Sum(zeros);
        bool allFinite = isFinite.AsUInt64() == Vector512<ulong>.AllBitsSet;
        for (int i = vectors.Length * Vector512<double>.Count; i < numbers.Length; i++)
        {
            zero += numbers[i] == 0 ? 1 : 0;
            allFinite &= double.IsFinite(numbers[i]);
        }

        long nan = 0;
        finite = numbers.Length;
        if (!allFinite)
        {
            finite = 0;
            foreach (double number in numbers)
            {
                nan += double.IsNaN(number) ? 1 : 0;
                if (double.IsFinite(number))
                {
                    numbers[finite++] = number;
                }
            }
        }

        return new NumberCounts(nan, numbers.Length - finite - nan, zero, Moments.Of(numbers[..finite]));
    }
}
