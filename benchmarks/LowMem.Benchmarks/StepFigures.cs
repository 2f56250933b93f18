namespace LowMem.Benchmarks;

/// <summary>What a case says about one of its steps, and what is seen of it from outside.</summary>
/// <param name="Seconds">How long it took.</param>
/// <param name="Value">What came out; what that is depends on the step.</param>
/// <param name="KeptGrowth">The private bytes after it, over those after torch's start-up.</param>
internal sealed record StepFigures(double Seconds, double Value, long KeptGrowth);
