using System.Globalization;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>How the finite numbers of a tensor are spread over bins of equal width, as <c>numpy.histogram</c> counts them in float64.</summary>
public sealed record TensorHistogram
{
    /// <summary>Where bins begin and end, one more than there are bins. A number at an edge is in the bin that begins there; the last bin has its end.</summary>
    public required double[] Edges { get; init; }

    /// <summary>How many numbers are in each bin.</summary>
    public required long[] Counts { get; init; }

    /// <summary>Such as <c>-1..1: 3, 5</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Edges[0]}..{Edges[^1]}: {string.Join(", ", Counts)}");
}
