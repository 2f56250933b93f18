using System.Management.Automation;
using LowMem.Loader.Estimates;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a memory estimate that are lists, with a text that can be read in a CSV file.</summary>
public static class EstimateCells
{
    /// <summary><see cref="MemoryEstimate.Path"/>, which is to stay the first column.</summary>
    /// <param name="estimate">A <see cref="MemoryEstimate"/>.</param>
    public static object Path(PSObject estimate) => CellItems.Of<MemoryEstimate>(estimate).Path;

    /// <summary><see cref="MemoryEstimate.MissingKeys"/>.</summary>
    /// <param name="estimate">A <see cref="MemoryEstimate"/>.</param>
    public static object MissingKeys(PSObject estimate) => ReadableValue.Names(CellItems.Of<MemoryEstimate>(estimate).MissingKeys);

    /// <summary><see cref="MemoryEstimate.Faults"/>.</summary>
    /// <param name="estimate">A <see cref="MemoryEstimate"/>.</param>
    public static object Faults(PSObject estimate) => ReadableValue.Items(CellItems.Of<MemoryEstimate>(estimate).Faults);
}
