using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Scaled;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Checkpoints.Parts;

/// <summary>Figures of which tensors of one checkpoint are wanted.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Views">The tensors, or parts of them, in order.</param>
/// <param name="Scaled">Those whose numbers are wanted and not their codes.</param>
/// <param name="Settings">Which figures.</param>
/// <param name="Finish">Adds to figures what the scan does not know.</param>
public sealed record StatisticsRequest(
    Checkpoint Checkpoint,
    IReadOnlyList<TensorView> Views,
    IReadOnlyDictionary<TensorView, ScaledView> Scaled,
    StatisticsSettings Settings,
    Func<TensorStatistics, TensorStatistics> Finish)
{
    /// <summary>The scan of all of them.</summary>
    public StatisticsScan CreateScan() => CreateScan(isHere: null);

    /// <summary>The scan of some of them.</summary>
    /// <param name="isHere">Which ones, by their places; null for all.</param>
    internal StatisticsScan CreateScan(Func<int, bool>? isHere) => new(Checkpoint, Views)
    {
        Scaled = Scaled,
        Percentages = Settings.Percentages,
        ComputesHash = Settings.ComputesHash,
        BinCount = Settings.BinCount,
        FirstCount = Settings.FirstCount,
        IsHere = isHere,
    };
}
