namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Bins of equal width from the least to the greatest of some finite numbers.</summary>
internal sealed class HistogramBins
{
    private readonly double scale;
    private readonly double start;
    private readonly double width;

    /// <param name="minimum">The least number.</param>
    /// <param name="maximum">The greatest number.</param>
    /// <param name="count">How many bins.</param>
    public HistogramBins(double minimum, double maximum, int count)
    {
        Edges = MakeEdges(minimum, maximum, count);

        // Halves, so that the width is finite where the numbers go from one end of the type to the other.
        scale = double.IsFinite(Edges[^1] - Edges[0]) ? 1 : 0.5;
        start = Edges[0] * scale;
        width = (Edges[^1] * scale) - start;
    }

    /// <summary>Where bins begin and end.</summary>
    public double[] Edges { get; }

    /// <summary>How many bins there are.</summary>
    public int Count => Edges.Length - 1;

    /// <summary>The bin of a number that is no less than the least and no greater than the greatest.</summary>
    public int Find(double number)
    {
        // Rounding may miss by one.
        int bin = Math.Clamp((int)(((number * scale) - start) / width * Count), 0, Count - 1);
        bin -= number < Edges[bin] && bin > 0 ? 1 : 0;
        return bin + (bin < Count - 1 && number >= Edges[bin + 1] ? 1 : 0);
    }

    /// <summary>Counts numbers that are all there is, in order.</summary>
    /// <param name="ordered">The numbers; null when there is none.</param>
    /// <param name="repeat">How often there is each.</param>
    /// <param name="bins">How many bins; 0 for no histogram.</param>
    public static TensorHistogram? CountAll(List<CountedNumber> ordered, long repeat, int bins)
    {
        if (bins == 0 || ordered.Count == 0)
        {
            return null;
        }

        var found = new HistogramBins(ordered[0].Number, ordered[^1].Number, bins);
        var counts = new long[bins];
        foreach (var (number, count) in ordered)
        {
            ref long sum = ref counts[found.Find(number)];
            sum = checked(sum + (count * repeat));
        }

        return new TensorHistogram { Edges = found.Edges, Counts = counts };
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
