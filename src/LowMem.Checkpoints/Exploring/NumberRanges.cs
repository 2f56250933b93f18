using System.Globalization;

namespace LowMem.Checkpoints.Exploring;

/// <summary>Writes many numbers in few words: <c>0..2, 4..31</c>.</summary>
internal static class NumberRanges
{
    /// <summary>How many ranges are written of many: the first ones, and the last.</summary>
    private const int Most = 6;

    private const int First = 3;

    /// <summary>Such as <c>0..31</c>, <c>0..2, 4, 6..31</c>, or <c>3, 7, 11, ..., 47</c>.</summary>
    /// <param name="numbers">The numbers, in any order, each of them as often as it comes.</param>
    public static string Of(IEnumerable<long> numbers)
    {
        long[] sorted = [.. numbers];
        Array.Sort(sorted);
        var ranges = new List<(long First, long Last)>();
        foreach (long number in sorted)
        {
            if (ranges.Count > 0 && number - ranges[^1].Last <= 1)
            {
                ranges[^1] = (ranges[^1].First, number);
            }
            else
            {
                ranges.Add((number, number));
            }
        }

        return string.Join(", ", ranges.Count <= Most
            ? ranges.Select(Text)
            : ranges.Take(First).Select(Text).Append("...").Append(Text(ranges[^1])));
    }

    private static string Text((long First, long Last) range) => range.First == range.Last
        ? range.First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{range.First}..{range.Last}");
}
