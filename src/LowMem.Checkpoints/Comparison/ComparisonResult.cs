using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Comparison;

/// <summary>What a comparison found.</summary>
/// <param name="Differences">What differs, and what is equal where that was asked for.</param>
/// <param name="Faults">What could not be compared, and why.</param>
public sealed record ComparisonResult(IReadOnlyList<CheckpointDifference> Differences, IReadOnlyList<CheckpointException> Faults)
{
    /// <summary>Whether all was compared and nothing differs.</summary>
    public bool AreEqual => Faults.Count == 0 && Differences.All(difference => difference.Change == CheckpointChange.Equal);
}
