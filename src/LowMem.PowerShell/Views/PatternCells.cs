using System.Management.Automation;
using LowMem.Checkpoints.Exploring;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a pattern of keys in the order of a CSV file, its lists with a text that can be read.</summary>
public static class PatternCells
{
    /// <summary><see cref="TensorPattern.Pattern"/>.</summary>
    /// <param name="pattern">A <see cref="TensorPattern"/>.</param>
    public static object Pattern(PSObject pattern) => CellItems.Of<TensorPattern>(pattern).Pattern;

    /// <summary><see cref="TensorPattern.Count"/>.</summary>
    /// <param name="pattern">A <see cref="TensorPattern"/>.</param>
    public static object Count(PSObject pattern) => CellItems.Of<TensorPattern>(pattern).Count;

    /// <summary><see cref="TensorPattern.DType"/>.</summary>
    /// <param name="pattern">A <see cref="TensorPattern"/>.</param>
    public static object DType(PSObject pattern) => CellItems.Of<TensorPattern>(pattern).DType;

    /// <summary><see cref="TensorPattern.Shape"/>, as text <c>10x2</c>.</summary>
    /// <param name="pattern">A <see cref="TensorPattern"/>.</param>
    public static object Shape(PSObject pattern) => ReadableValue.Shape(CellItems.Of<TensorPattern>(pattern).Shape);

    /// <summary><see cref="TensorPattern.Numbers"/>, as text <c>0..31; 0..7</c>.</summary>
    /// <param name="pattern">A <see cref="TensorPattern"/>.</param>
    public static object Numbers(PSObject pattern) => ReadableValue.Names(CellItems.Of<TensorPattern>(pattern).Numbers);
}
