namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Percentiles as <c>numpy.percentile</c> has them: between two numbers in order, in proportion.</summary>
internal static class Quantiles
{
    /// <summary>The percentile of numbers that are known by how many there are of each.</summary>
    /// <param name="percent">From 0 to 100.</param>
    /// <param name="count">How many there are in all; more than none.</param>
    /// <param name="ordered">Each number and how many there are of it, the least first.</param>
    public static double Find(double percent, long count, IEnumerable<CountedNumber> ordered)
    {
        double place = percent / 100 * (count - 1);
        long below = (long)Math.Floor(place);
        double part = place - below;
        double first = double.NaN;
        long seen = 0;
        foreach (var (number, times) in ordered)
        {
            if (seen <= below && below < seen + times)
            {
                first = number;
            }

            seen += times;
            if (seen > below + 1 || (part == 0 && seen > below))
            {
                double gap = number - first;
                return part == 0 ? first : double.IsFinite(gap) ? first + (gap * part) : (first * (1 - part)) + (number * part);
            }
        }

        return first;
    }
}
