namespace LowMem.Checkpoints.Values.Health;

/// <summary>How many numbers of each kind there are. A complex element is two numbers.</summary>
/// <param name="Numbers">All of them.</param>
/// <param name="NaN">Those that are no number.</param>
/// <param name="Infinite">The infinities.</param>
/// <param name="Zero">Zeros of either sign.</param>
/// <param name="Denormal">Those too small for the full precision of their type, other than zero.</param>
/// <param name="FirstNonFinite">The place of the first NaN or infinity, in numbers; -1 when there is none.</param>
internal readonly record struct ValueCounts(
    long Numbers, long NaN, long Infinite, long Zero, long Denormal, long FirstNonFinite)
{
    public static ValueCounts None { get; } = new(0, 0, 0, 0, 0, -1);

    public long NonFinite => NaN + Infinite;

    public static ValueCounts operator +(ValueCounts left, ValueCounts right) => new(
        left.Numbers + right.Numbers,
        left.NaN + right.NaN,
        left.Infinite + right.Infinite,
        left.Zero + right.Zero,
        left.Denormal + right.Denormal,
        left.FirstNonFinite < 0 || right.FirstNonFinite < 0
            ? Math.Max(left.FirstNonFinite, right.FirstNonFinite)
            : Math.Min(left.FirstNonFinite, right.FirstNonFinite));
}
