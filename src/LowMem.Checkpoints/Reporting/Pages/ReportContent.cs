using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>What a page tells of one checkpoint.</summary>
public sealed record ReportContent
{
    /// <summary>What a verification came to.</summary>
    public required CheckpointVerdict Verdict { get; init; }

    /// <summary>The checkpoint; null when it could not be listed, and the verdict is all there is to tell.</summary>
    public Checkpoint? Checkpoint { get; init; }

    /// <summary>The figures of its values; null when they were not looked at. Those with a histogram are drawn.</summary>
    public IReadOnlyList<TensorStatistics>? Statistics { get; init; }

    /// <summary>What differs from another checkpoint; null when it was compared with none.</summary>
    public ReportComparison? Comparison { get; init; }

    /// <summary>How it fits a module; null when none was given.</summary>
    public ReportModule? Module { get; init; }
}
