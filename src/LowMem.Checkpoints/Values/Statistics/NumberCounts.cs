namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Some numbers: how many are none, infinite or zero, and the moments of those that are finite.</summary>
/// <param name="NaN">How many are no number.</param>
/// <param name="Infinite">How many are infinite.</param>
/// <param name="Zero">How many are zero.</param>
/// <param name="Finite">The moments of the others, zeros among them.</param>
internal readonly record struct NumberCounts(long NaN, long Infinite, long Zero, Moments Finite)
{
    /// <summary>Those of no numbers.</summary>
    public static NumberCounts None { get; } = new(0, 0, 0, Moments.None);

    /// <summary>Those of the numbers of both.</summary>
    public static NumberCounts operator +(NumberCounts left, NumberCounts right) => new(
        left.NaN + right.NaN, left.Infinite + right.Infinite, left.Zero + right.Zero, left.Finite + right.Finite);
}
