using LowMem.Checkpoints.Comparison;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>What a checkpoint was compared with, and what came of it.</summary>
/// <param name="ReferencePath">The path of the other checkpoint, which is taken as the older one.</param>
/// <param name="Result">What differs, the other checkpoint being the reference.</param>
public sealed record ReportComparison(string ReferencePath, ComparisonResult Result);
