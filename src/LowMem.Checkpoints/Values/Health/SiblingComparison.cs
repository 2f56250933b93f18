namespace LowMem.Checkpoints.Values.Health;

/// <summary>How the size of the numbers of a tensor compares with that of its siblings.</summary>
/// <param name="Pattern">The key that they share, with numbers folded.</param>
/// <param name="Count">How many they are, itself among them.</param>
/// <param name="Typical">The median of their root mean squares.</param>
/// <param name="IsUnlike">Whether it is beyond what they differ by.</param>
internal sealed record SiblingComparison(string Pattern, int Count, double Typical, bool IsUnlike);
