using System.Management.Automation;
using LowMem.Checkpoints.Exploring;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a line of a tree in the order of a CSV file, its lists with a text that can be read.</summary>
public static class TreeLineCells
{
    /// <summary><see cref="CheckpointTreeLine.Name"/>.</summary>
    /// <param name="line">A <see cref="CheckpointTreeLine"/>.</param>
    public static object Name(PSObject line) => CellItems.Of<CheckpointTreeLine>(line).Name;

    /// <summary><see cref="CheckpointTreeLine.Depth"/>.</summary>
    /// <param name="line">A <see cref="CheckpointTreeLine"/>.</param>
    public static object Depth(PSObject line) => CellItems.Of<CheckpointTreeLine>(line).Depth;

    /// <summary><see cref="CheckpointTreeLine.Count"/>.</summary>
    /// <param name="line">A <see cref="CheckpointTreeLine"/>.</param>
    public static object Count(PSObject line) => CellItems.Of<CheckpointTreeLine>(line).Count;

    /// <summary><see cref="CheckpointTreeLine.Shape"/>, as text <c>10x2</c>.</summary>
    /// <param name="line">A <see cref="CheckpointTreeLine"/>.</param>
    public static object? Shape(PSObject line) => CellItems.Of<CheckpointTreeLine>(line).Shape is { } shape ? ReadableValue.Shape(shape) : null;

    /// <summary><see cref="CheckpointTreeLine.DTypes"/>, as text <c>float32=8; int64=1</c>.</summary>
    /// <param name="line">A <see cref="CheckpointTreeLine"/>.</param>
    public static object DTypes(PSObject line) => ReadableValue.Pairs(CellItems.Of<CheckpointTreeLine>(line).DTypes);
}
