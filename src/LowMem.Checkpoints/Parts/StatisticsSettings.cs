using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Checkpoints.Parts;

/// <summary>Which figures are wanted.</summary>
public sealed record StatisticsSettings
{
    /// <inheritdoc cref="StatisticsScan.Percentages"/>
    public IReadOnlyList<double> Percentages { get; init; } = StatisticsScan.DefaultPercentages;

    /// <inheritdoc cref="StatisticsScan.ComputesHash"/>
    public bool ComputesHash { get; init; }

    /// <inheritdoc cref="StatisticsScan.BinCount"/>
    public int BinCount { get; init; }

    /// <inheritdoc cref="StatisticsScan.FirstCount"/>
    public int FirstCount { get; init; }
}
