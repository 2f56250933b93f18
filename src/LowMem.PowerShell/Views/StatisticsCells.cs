using System.Management.Automation;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a tensor's figures in the order of a CSV file, its arrays with a text that can be read.</summary>
public static class StatisticsCells
{
    /// <summary><see cref="TensorStatistics.Key"/>.</summary>
    /// <param name="figures">A <see cref="TensorStatistics"/>.</param>
    public static object Key(PSObject figures) => CellItems.Of<TensorStatistics>(figures).Key;

    /// <summary><see cref="TensorStatistics.DType"/>.</summary>
    /// <param name="figures">A <see cref="TensorStatistics"/>.</param>
    public static object DType(PSObject figures) => CellItems.Of<TensorStatistics>(figures).DType;

    /// <summary><see cref="TensorStatistics.Shape"/>, as text <c>10x2</c>.</summary>
    /// <param name="figures">A <see cref="TensorStatistics"/>.</param>
    public static object Shape(PSObject figures) => ReadableValue.Shape(CellItems.Of<TensorStatistics>(figures).Shape);

    /// <summary><see cref="TensorStatistics.Percentiles"/>, as text <c>50=0.1; 99=0.3</c>.</summary>
    /// <param name="figures">A <see cref="TensorStatistics"/>.</param>
    public static object Percentiles(PSObject figures) => ReadableValue.Pairs(CellItems.Of<TensorStatistics>(figures).Percentiles);

    /// <summary><see cref="TensorStatistics.First"/>, as text <c>0.1; 0.2</c>.</summary>
    /// <param name="figures">A <see cref="TensorStatistics"/>.</param>
    public static object? First(PSObject figures) => CellItems.Of<TensorStatistics>(figures).First is { } values ? ReadableValue.Items(values) : null;

    /// <summary><see cref="TensorStatistics.Health"/>, as text <c>DeadRows; AbsurdValues</c>.</summary>
    /// <param name="figures">A <see cref="TensorStatistics"/>.</param>
    public static object Health(PSObject figures) => ReadableValue.Names(CellItems.Of<TensorStatistics>(figures).Health);
}
