using System.Management.Automation;
using LowMem.Checkpoints;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a tensor in the order of a CSV file, its arrays with a text that can be read.</summary>
public static class TensorCells
{
    /// <summary><see cref="TensorInfo.Key"/>.</summary>
    /// <param name="tensor">A <see cref="TensorInfo"/>.</param>
    public static object Key(PSObject tensor) => CellItems.Of<TensorInfo>(tensor).Key;

    /// <summary><see cref="TensorInfo.DType"/>.</summary>
    /// <param name="tensor">A <see cref="TensorInfo"/>.</param>
    public static object DType(PSObject tensor) => CellItems.Of<TensorInfo>(tensor).DType;

    /// <summary><see cref="TensorInfo.Shape"/>, as text <c>10x2</c>.</summary>
    /// <param name="tensor">A <see cref="TensorInfo"/>.</param>
    public static object Shape(PSObject tensor) => ReadableValue.Shape(CellItems.Of<TensorInfo>(tensor).Shape);

    /// <summary><see cref="TensorInfo.Stride"/>, as text <c>2,1</c>.</summary>
    /// <param name="tensor">A <see cref="TensorInfo"/>.</param>
    public static object Stride(PSObject tensor) => ReadableValue.Numbers(CellItems.Of<TensorInfo>(tensor).Stride);

    /// <summary><see cref="TensorInfo.Components"/>, as text their names.</summary>
    /// <param name="tensor">A <see cref="TensorInfo"/>.</param>
    public static object Components(PSObject tensor) => ReadableValue.Pairs(CellItems.Of<TensorInfo>(tensor).Components);
}
