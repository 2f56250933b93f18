using System.Collections.Concurrent;
using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Values.Health;

/// <summary>
/// How large the numbers of a tensor are, from some of them: all of a few thousand, and of more at least a thousand that are evenly
/// spaced. The distances are primes, so that rows and columns of any length are met alike.
/// </summary>
/// <param name="type">A type whose numbers can be read; elements of whole bytes.</param>
/// <param name="elementCount">How many elements there are.</param>
internal sealed class MagnitudeSample(DType type, long elementCount)
{
    private const int Enough = 1024;

    /// <summary>Magnitudes go by the exponent and two bits of the mantissa of a float64, and its exponent by the range of float32.</summary>
    private const int Shift = 50;
    private const int Bins = 320 << 2;
    private const int FirstBin = (1023 - 160) << 2;

    private static readonly ConcurrentBag<int[]> Free = [];

    private static readonly int[] Steps = [1, 5, 11, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521];

    private readonly int step = Steps.Last(step => step == 1 || elementCount / step >= Enough);
    private readonly Lock gate = new();
    private int[]? bins;
    private long count;
    private long nonzero;
    private double squares;
    private double least = double.PositiveInfinity;
    private double greatest;

    /// <summary>Looks at some of the elements of a block.</summary>
    /// <param name="first">The number of the first element.</param>
    /// <param name="elements">Whole little-endian elements.</param>
    public void Add(long first, ReadOnlySpan<byte> elements)
    {
        const int Chunk = 512;
        int size = type.ByteSize;
        long length = elements.Length / size;
        Span<byte> some = stackalloc byte[Chunk * size];
        Span<double> numbers = stackalloc double[Chunk * 2];
        long next = (step - (first % step)) % step;
        while (next < length)
        {
            int taken = 0;
            for (; taken < Chunk && next < length; taken++, next += step)
            {
                elements.Slice((int)next * size, size).CopyTo(some[(taken * size)..]);
            }

            var part = numbers[..(int)ElementConverter.CountNumbers(type, taken * size)];
            ElementConverter.ToDouble(type, some[..(taken * size)], part);
            lock (gate)
            {
                Count(part);
            }
        }
    }

    /// <summary>What was seen. Call once, when all has come.</summary>
    public MagnitudeSummary Conclude()
    {
        double median = 0;
        long seen = 0;
        for (int i = 0; bins is not null && i < bins.Length && seen * 2 < nonzero; i++)
        {
            seen += bins[i];
            median = BitConverter.Int64BitsToDouble(((long)(i + FirstBin) << Shift) | (1L << (Shift - 1)));
        }

        if (bins is not null)
        {
            Array.Clear(bins);
            Free.Add(bins);
            bins = null;
        }

        return new MagnitudeSummary(count, nonzero, median, count == 0 ? 0 : Math.Sqrt(squares / count), nonzero > 0 && least == greatest);
    }

    private void Count(ReadOnlySpan<double> numbers)
    {
        bins ??= Free.TryTake(out int[]? free) ? free : new int[Bins];
        foreach (double number in numbers)
        {
            double magnitude = Math.Abs(number);
            if (!double.IsFinite(magnitude))
            {
                continue;
            }

            count++;
            if (magnitude > 0)
            {
                nonzero++;
                squares += magnitude * magnitude;
                least = Math.Min(least, magnitude);
                greatest = Math.Max(greatest, magnitude);
                bins[Math.Clamp((int)(BitConverter.DoubleToInt64Bits(magnitude) >> Shift) - FirstBin, 0, Bins - 1)]++;
            }
        }
    }
}
