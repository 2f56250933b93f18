using System.Collections.Concurrent;
using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Counts the finite numbers of one tensor, whose least and greatest are known, by bins of equal width.</summary>
/// <param name="type">A type whose numbers can be read.</param>
/// <param name="repeat">How often the tensor has each value.</param>
/// <param name="bins">The bins.</param>
internal sealed class HistogramConsumer(DType type, long repeat, HistogramBins bins)
    : ElementConsumer(StatisticsConsumer.UnitOf(type))
{
    private const int Chunk = 1024;

    private readonly ConcurrentBag<long[]> parts = [];

    /// <summary>The bins, once all has come.</summary>
    public TensorHistogram? Histogram { get; private set; }

    public override void Complete()
    {
        var counts = new long[bins.Count];
        foreach (long[] part in parts)
        {
            for (int i = 0; i < bins.Count; i++)
            {
                counts[i] = checked(counts[i] + (part[i] * repeat));
            }
        }

        Histogram = new TensorHistogram { Edges = bins.Edges, Counts = counts };
    }

    protected override void ConsumeElements(long first, ReadOnlySpan<byte> elements)
    {
        long[] counts = parts.TryTake(out long[]? mine) ? mine : new long[bins.Count];
        Span<double> numbers = stackalloc double[Chunk];
        long all = ElementConverter.CountNumbers(type, elements.Length);
        int chunkBytes = StatisticsConsumer.GetByteLength(type, Chunk);
        for (long done = 0; done < all; done += Chunk)
        {
            var chunk = numbers[..(int)Math.Min(Chunk, all - done)];
            ElementConverter.ToDouble(type, elements, chunk);
            elements = elements[Math.Min(chunkBytes, elements.Length)..];
            foreach (double number in chunk)
            {
                if (double.IsFinite(number))
                {
                    counts[bins.Find(number)]++;
                }
            }
        }

        parts.Add(counts);
    }
}
