using LowMem.Checkpoints.Keys;

namespace LowMem.Checkpoints.Comparison;

/// <summary>What counts as a difference, and what is compared.</summary>
public sealed record ComparisonOptions
{
    private readonly double absolute;
    private readonly double relative;

    /// <summary>The distance that is always allowed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or no number.</exception>
    public double AbsoluteTolerance
    {
        get => absolute;
        init => absolute = Check(value);
    }

    /// <summary>What is allowed besides, as a part of the size of the reference's number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or no number.</exception>
    public double RelativeTolerance
    {
        get => relative;
        init => relative = Check(value);
    }

    /// <summary>Whether what is equal is told as well.</summary>
    public bool IncludesEqual { get; init; }

    /// <summary>Whether the first difference is enough.</summary>
    public bool StopsAtFirst { get; init; }

    /// <summary>Says what the reference calls the keys of the difference; null when both use the same.</summary>
    public IKeyMap? KeyMap { get; init; }

    /// <summary>Whether a key, as the reference calls it, is compared; null for all.</summary>
    public Func<string, bool>? Includes { get; init; }

    private static double Check(double tolerance)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tolerance);
        return double.IsNaN(tolerance) ? throw new ArgumentOutOfRangeException(nameof(tolerance), "A tolerance is a number.") : tolerance;
    }
}
