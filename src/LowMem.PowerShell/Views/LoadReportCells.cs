using System.Management.Automation;
using LowMem.Loader.Import.Binding;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a load report in the order of a CSV file, its lists with a text that can be read.</summary>
public static class LoadReportCells
{
    /// <summary><see cref="LoadReport.Path"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object Path(PSObject report) => Of(report).Path;

    /// <summary><see cref="LoadReport.Mode"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object Mode(PSObject report) => Of(report).Mode;

    /// <summary><see cref="LoadReport.MissingKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object MissingKeys(PSObject report) => ReadableValue.Names(Of(report).MissingKeys);

    /// <summary><see cref="LoadReport.UnexpectedKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object UnexpectedKeys(PSObject report) => ReadableValue.Names(Of(report).UnexpectedKeys);

    /// <summary><see cref="LoadReport.ShapeMismatchKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object ShapeMismatchKeys(PSObject report) => ReadableValue.Names(Of(report).ShapeMismatchKeys);

    /// <summary><see cref="LoadReport.CastKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object CastKeys(PSObject report) => ReadableValue.Names(Of(report).CastKeys);

    /// <summary><see cref="LoadReport.InitializedKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object InitializedKeys(PSObject report) => ReadableValue.Names(Of(report).InitializedKeys);

    /// <summary><see cref="LoadReport.MetaKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object MetaKeys(PSObject report) => ReadableValue.Names(Of(report).MetaKeys);

    /// <summary><see cref="LoadReport.ZeroKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object ZeroKeys(PSObject report) => ReadableValue.Names(Of(report).ZeroKeys);

    /// <summary><see cref="LoadReport.Faults"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object Faults(PSObject report) => ReadableValue.Items(Of(report).Faults);

    /// <summary><see cref="LoadReport.OtherPrefixes"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object OtherPrefixes(PSObject report) => ReadableValue.Names(Of(report).OtherPrefixes);

    /// <summary><see cref="LoadReport.EmptyKeys"/>.</summary>
    /// <param name="report">A <see cref="LoadReport"/>.</param>
    public static object EmptyKeys(PSObject report) => ReadableValue.Names(Of(report).EmptyKeys);

    private static LoadReport Of(PSObject report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return (LoadReport)report.BaseObject;
    }
}
