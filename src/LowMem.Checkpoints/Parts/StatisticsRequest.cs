using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Scaled;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Checkpoints.Parts;

/// <summary>Figures of which tensors of one checkpoint are wanted.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Views">The tensors, or parts of them, in order.</param>
/// <param name="Scaled">Those whose numbers are wanted and not their codes.</param>
/// <param name="MakeScan">Makes the scan of all of them.</param>
/// <param name="Finish">Adds to figures what the scan does not know.</param>
public sealed record StatisticsRequest(
    Checkpoint Checkpoint,
    IReadOnlyList<TensorView> Views,
    IReadOnlyDictionary<TensorView, ScaledView> Scaled,
    Func<StatisticsRequest, StatisticsScan> MakeScan,
    Func<TensorStatistics, TensorStatistics> Finish)
{
    /// <summary>Which of the views are looked at here; null when all are.</summary>
    internal Func<int, bool>? IsHere { get; init; }
}
