using System.Globalization;

namespace LowMem.Checkpoints.Comparison;

/// <summary>One element that differs: its place, and both values.</summary>
/// <param name="Index">The index in each dimension; empty for a zero-dim tensor.</param>
/// <param name="Reference">The value of the reference.</param>
/// <param name="Difference">The value of the difference.</param>
public sealed record ElementDifference(long[] Index, object Reference, object Difference)
{
    /// <summary>Such as <c>[3, 17]: 0.5, 0.25</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"[{string.Join(", ", Index)}]: {Reference}, {Difference}");
}
