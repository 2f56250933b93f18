using System.Globalization;

namespace LowMem.Benchmarks;

/// <summary>Something that was promised, and what was measured.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Limit">What was promised, in words.</param>
/// <param name="Measured">What was measured, in words.</param>
/// <param name="IsMet">Whether it was kept.</param>
internal sealed record Target(string Name, string Limit, string Measured, bool IsMet)
{
    /// <summary>A figure that must not exceed a limit.</summary>
    /// <param name="name">What it is about.</param>
    /// <param name="measured">The figure.</param>
    /// <param name="limit">The most it may be.</param>
    /// <param name="format">Both in words, with {0} for the number.</param>
    public static Target AtMost(string name, double measured, double limit, string format) => new(
        name,
        "at most " + string.Format(CultureInfo.InvariantCulture, format, limit),
        string.Format(CultureInfo.InvariantCulture, format, measured),
        measured <= limit);

    /// <summary>A figure that must reach a limit.</summary>
    /// <param name="name">What it is about.</param>
    /// <param name="measured">The figure.</param>
    /// <param name="limit">The least it may be.</param>
    /// <param name="format">Both in words, with {0} for the number.</param>
    public static Target AtLeast(string name, double measured, double limit, string format) => new(
        name,
        "at least " + string.Format(CultureInfo.InvariantCulture, format, limit),
        string.Format(CultureInfo.InvariantCulture, format, measured),
        measured >= limit);
}
