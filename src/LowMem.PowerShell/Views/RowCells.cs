using System.Globalization;
using System.Management.Automation;
using LowMem.Checkpoints.Values.Arrays;

namespace LowMem.PowerShell.Views;

/// <summary>A row of a tensor in one line: a row of thousands of values shows the first ones.</summary>
public static class RowCells
{
    private const int MostValues = 32;

    /// <summary><see cref="TensorRow.Index"/>, as <c>[0, 3]</c>.</summary>
    /// <param name="row">A <see cref="TensorRow"/>.</param>
    public static object Index(PSObject row) => $"[{string.Join(", ", CellItems.Of<TensorRow>(row).Index)}]";

    /// <summary>The first of <see cref="TensorRow.Values"/>.</summary>
    /// <param name="row">A <see cref="TensorRow"/>.</param>
    public static object Values(PSObject row)
    {
        var values = CellItems.Of<TensorRow>(row).Values;
        string text = string.Join(' ', values.Cast<object>().Take(MostValues).Select(Text));
        return values.Length > MostValues ? $"{text} ..." : text;
    }

    private static string Text(object value) => value is float or double
        ? ((IFormattable)value).ToString("G5", CultureInfo.InvariantCulture)
        : Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty;
}
