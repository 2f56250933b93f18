using System.Management.Automation;
using LowMem.Loader.Import.Binding;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a load report in the order of a CSV file, its lists with a text that can be read.</summary>
public static class LoadReportCells
{
    /// <summary><see cref="LoadReport.Path"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object Path(PSObject report) => CellItems.Of<LoadReport>(report).Path;

    /// <summary><see cref="LoadReport.Mode"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object Mode(PSObject report) => CellItems.Of<LoadReport>(report).Mode;

    /// <summary><see cref="LoadReport.MissingKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object MissingKeys(PSObject report) => ReadableValue.Names(CellItems.Of<LoadReport>(report).MissingKeys);

    /// <summary><see cref="LoadReport.UnexpectedKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object UnexpectedKeys(PSObject report) => ReadableValue.Names(CellItems.Of<LoadReport>(report).UnexpectedKeys);

    /// <summary><see cref="LoadReport.ShapeMismatchKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object ShapeMismatchKeys(PSObject report) => ReadableValue.Names(CellItems.Of<LoadReport>(report).ShapeMismatchKeys);

    /// <summary><see cref="LoadReport.CastKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object CastKeys(PSObject report) => ReadableValue.Names(CellItems.Of<LoadReport>(report).CastKeys);

    /// <summary><see cref="LoadReport.InitializedKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object InitializedKeys(PSObject report) => ReadableValue.Names(CellItems.Of<LoadReport>(report).InitializedKeys);

    /// <summary><see cref="LoadReport.MetaKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object MetaKeys(PSObject report) => ReadableValue.Names(CellItems.Of<LoadReport>(report).MetaKeys);

    /// <summary><see cref="LoadReport.ZeroKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object ZeroKeys(PSObject report) => ReadableValue.Names(CellItems.Of<LoadReport>(report).ZeroKeys);

    /// <summary><see cref="LoadReport.Faults"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object Faults(PSObject report) => ReadableValue.Items(CellItems.Of<LoadReport>(report).Faults);

    /// <summary><see cref="LoadReport.OtherPrefixes"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object OtherPrefixes(PSObject report) => ReadableValue.Names(CellItems.Of<LoadReport>(report).OtherPrefixes);

    /// <summary><see cref="LoadReport.EmptyKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object EmptyKeys(PSObject report) => ReadableValue.Names(CellItems.Of<LoadReport>(report).EmptyKeys);
}
