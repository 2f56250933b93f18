namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>A number, and how many there are of it.</summary>
/// <param name="Number">The number.</param>
/// <param name="Count">How many.</param>
/// <remarks>A type of our own: lists of it are compiled ahead, lists of tuples of the framework's types are not.</remarks>
internal readonly record struct CountedNumber(double Number, long Count);
