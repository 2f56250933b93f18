using System.Management.Automation;
using LowMem.Checkpoints.Exploring;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a group of tensors in the order of a CSV file, its lists with a text that can be read.</summary>
public static class GroupCells
{
    /// <summary><see cref="TensorGroup.Name"/>.</summary>
    /// <param name="group">A <see cref="TensorGroup"/>.</param>
    public static object Name(PSObject group) => CellItems.Of<TensorGroup>(group).Name;

    /// <summary><see cref="TensorGroup.Grouping"/> as text, which JSON and jobs keep.</summary>
    /// <param name="group">A <see cref="TensorGroup"/>.</param>
    public static object Grouping(PSObject group) => CellItems.Of<TensorGroup>(group).Grouping.ToString();

    /// <summary><see cref="TensorGroup.DTypes"/>, as text <c>float32=8; int64=1</c>.</summary>
    /// <param name="group">A <see cref="TensorGroup"/>.</param>
    public static object DTypes(PSObject group) => ReadableValue.Pairs(CellItems.Of<TensorGroup>(group).DTypes);

    /// <summary><see cref="TensorGroup.Keys"/>.</summary>
    /// <param name="group">A <see cref="TensorGroup"/>.</param>
    public static object Keys(PSObject group) => ReadableValue.Names(CellItems.Of<TensorGroup>(group).Keys);
}
