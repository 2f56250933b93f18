using LowMem.Checkpoints.Values.Health;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>The figures of tensors that were read together.</summary>
/// <param name="Figures">The figures, each with the place of its view.</param>
/// <param name="Siblings">What is compared with tensors that may be looked at elsewhere.</param>
internal sealed record StatisticsGroup(IReadOnlyList<(int Index, TensorStatistics Figures)> Figures, IReadOnlyList<PlacedSibling> Siblings);
