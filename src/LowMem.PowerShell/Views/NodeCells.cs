using System.Management.Automation;
using LowMem.PowerShell.Provider;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a module on a drive in the order of a CSV file, its lists with a text that can be read.</summary>
public static class NodeCells
{
    /// <summary><see cref="CheckpointNode.Name"/>.</summary>
    /// <param name="node">A <see cref="CheckpointNode"/>.</param>
    public static object Name(PSObject node) => CellItems.Of<CheckpointNode>(node).Name;

    /// <summary><see cref="CheckpointNode.Key"/>.</summary>
    /// <param name="node">A <see cref="CheckpointNode"/>.</param>
    public static object Key(PSObject node) => CellItems.Of<CheckpointNode>(node).Key;

    /// <summary><see cref="CheckpointNode.DTypes"/>, as text <c>float32=8; int64=1</c>.</summary>
    /// <param name="node">A <see cref="CheckpointNode"/>.</param>
    public static object DTypes(PSObject node) => ReadableValue.Pairs(CellItems.Of<CheckpointNode>(node).DTypes);
}
