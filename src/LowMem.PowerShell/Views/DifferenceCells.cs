using System.Management.Automation;
using LowMem.Checkpoints.Comparison;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a difference in the order of a CSV file, lists among the values with a text that can be read.</summary>
public static class DifferenceCells
{
    /// <summary><see cref="CheckpointDifference.Key"/>.</summary>
    /// <param name="difference">A <see cref="CheckpointDifference"/>.</param>
    public static object Key(PSObject difference) => CellItems.Of<CheckpointDifference>(difference).Key;

    /// <summary><see cref="CheckpointDifference.Change"/> as text, which JSON and jobs keep.</summary>
    /// <param name="difference">A <see cref="CheckpointDifference"/>.</param>
    public static object Change(PSObject difference) => CellItems.Of<CheckpointDifference>(difference).Change.ToString();

    /// <summary><see cref="CheckpointDifference.Reference"/>, as text <c>1; 2</c> where it is a list.</summary>
    /// <param name="difference">A <see cref="CheckpointDifference"/>.</param>
    public static object? Reference(PSObject difference) => ReadableValue.Any(CellItems.Of<CheckpointDifference>(difference).Reference);

    /// <summary><see cref="CheckpointDifference.Difference"/>, as text <c>1; 2</c> where it is a list.</summary>
    /// <param name="difference">A <see cref="CheckpointDifference"/>.</param>
    public static object? Difference(PSObject difference) => ReadableValue.Any(CellItems.Of<CheckpointDifference>(difference).Difference);
}
