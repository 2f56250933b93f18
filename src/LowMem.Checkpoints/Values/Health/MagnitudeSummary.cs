namespace LowMem.Checkpoints.Values.Health;

/// <summary>What a sample of the finite numbers of a tensor says of their size.</summary>
/// <param name="Count">How many were looked at.</param>
/// <param name="Nonzero">How many of them are not zero.</param>
/// <param name="Median">The median magnitude of those that are not zero, within an eighth of itself; 0 when there is none.</param>
/// <param name="RootMeanSquare">The root of the mean of their squares, zeros among them.</param>
/// <param name="IsOneMagnitude">Whether all that are not zero have the same magnitude, as in a mask.</param>
internal readonly record struct MagnitudeSummary(long Count, long Nonzero, double Median, double RootMeanSquare, bool IsOneMagnitude);
