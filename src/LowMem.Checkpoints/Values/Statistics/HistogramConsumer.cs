using System.Collections.Concurrent;
using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Counts the finite numbers of one tensor, whose least and greatest are known, by bins of equal width.</summary>
/// <param name="type">A type whose numbers can be read.</param>
/// <param name="minimum">The least finite number.</param>
/// <param name="maximum">The greatest finite number.</param>
/// <param name="repeat">How often the tensor has each value.</param>
/// <param name="bins">How many bins.</param>
internal sealed class HistogramConsumer(DType type, double minimum, double maximum, long repeat, int bins)
    : ElementConsumer(StatisticsConsumer.UnitOf(type))
{
    private const int Chunk = 1024;

    private readonly ConcurrentBag<long[]> parts = [];
    private readonly double[] edges = MakeEdges(minimum, maximum, bins);

    /// <summary>The bins, once all has come.</summary>
    public TensorHistogram? Histogram { get; private set; }

    public override void Complete()
    {
        var counts = new long[bins];
        foreach (long[] part in parts)
        {
            for (int i = 0; i < bins; i++)
            {
                counts[i] = checked(counts[i] + (part[i] * repeat));
            }
        }

        Histogram = new TensorHistogram { Edges = edges, Counts = counts };
    }

    protected override void ConsumeElements(long first, ReadOnlySpan<byte> elements)
    {
        long[] counts = parts.TryTake(out long[]? mine) ? mine : new long[bins];
        Span<double> numbers = stackalloc double[Chunk];
        long all = ElementConverter.CountNumbers(type, elements.Length);
        int chunkBytes = StatisticsConsumer.GetByteLength(type, Chunk);

        // Halves, so that the width is finite where the numbers go from one end of the type to the other.
        double scale = double.IsFinite(edges[^1] - edges[0]) ? 1 : 0.5;
        double start = edges[0] * scale;
        double width = (edges[^1] * scale) - start;
        for (long done = 0; done < all; done += Chunk)
        {
            var chunk = numbers[..(int)Math.Min(Chunk, all - done)];
            ElementConverter.ToDouble(type, elements, chunk);
            elements = elements[Math.Min(chunkBytes, elements.Length)..];
            foreach (double number in chunk)
            {
                if (double.IsFinite(number))
                {
                    // Rounding may miss by one.
                    int bin = Math.Clamp((int)(((number * scale) - start) / width * bins), 0, bins - 1);
                    bin -= number < edges[bin] && bin > 0 ? 1 : 0;
                    bin += bin < bins - 1 && number >= edges[bin + 1] ? 1 : 0;
                    counts[bin]++;
                }
            }
        }

        parts.Add(counts);
    }

    /// <summary>
    /// Those of numpy.linspace; of one number, a half to either side. A half is nothing beside a large number: then it is the next
    /// number to either side, as far as there is one.
    /// </summary>
    private static double[] MakeEdges(double minimum, double maximum, int bins)
    {
        if (minimum == maximum)
        {
            minimum = Math.Max(double.MinValue, Math.Min(minimum - 0.5, double.BitDecrement(minimum)));
            maximum = Math.Min(double.MaxValue, Math.Max(maximum + 0.5, double.BitIncrement(maximum)));
        }

        bool isFinite = double.IsFinite(maximum - minimum);
        double step = (maximum - minimum) / bins;
        var edges = new double[bins + 1];
        for (int i = 0; i < bins; i++)
        {
            edges[i] = isFinite ? (i * step) + minimum : (maximum * ((double)i / bins)) + (minimum * ((double)(bins - i) / bins));
        }

        edges[bins] = maximum;
        return edges;
    }
}
