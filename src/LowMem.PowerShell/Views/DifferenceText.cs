using System.Globalization;
using System.Management.Automation;
using LowMem.Checkpoints.Comparison;

namespace LowMem.PowerShell.Views;

/// <summary>Says in a few words in what something differs.</summary>
internal static class DifferenceText
{
    /// <summary>Such as <c>[10, 2] -> [10, 3]</c>, or <c>9 of 20</c>.</summary>
    /// <param name="shown">A <see cref="CheckpointDifference"/>, or a copy of one from a job.</param>
    public static string Of(PSObject shown)
    {
        object? reference = ShownObject.AsValue(shown, "Reference");
        object? difference = ShownObject.AsValue(shown, "Difference");
        string text = ShownObject.AsText(ShownObject.AsValue(shown, "Change")) switch
        {
            nameof(CheckpointChange.Added) => Describe(difference),
            nameof(CheckpointChange.Removed) => Describe(reference),
            nameof(CheckpointChange.Renamed) => $"-> {PlainText.Name(ShownObject.AsText(ShownObject.AsValue(shown, "DifferenceKey")))}",
            nameof(CheckpointChange.Shape) => $"{Shape(reference)} -> {Shape(difference)}",
            nameof(CheckpointChange.DType) => Join(DescribeTypes(reference, difference), CountDiffering(shown)),
            nameof(CheckpointChange.Value) => CountDiffering(shown) ?? $"{Describe(reference)} -> {Describe(difference)}",
            _ => string.Empty,
        };
        return PlainText.Format(text);
    }

    private static string Join(string first, string? second) => second is null ? first : $"{first}, {second}";

    private static string? CountDiffering(PSObject shown)
    {
        long count = Number(shown, "DifferingElements");
        long notFinite = Number(shown, "NonFiniteDifferences");
        string all = ShownObject.AsText(ShownObject.AsValue(shown, "ElementCount"));
        string differing = $"{count}" == all ? $"all {all}" : $"{count} of {all}";
        return count <= 0 ? null
            : notFinite > 0 ? $"{differing}, {notFinite} not finite"
            : differing;
    }

    private static long Number(PSObject shown, string property) =>
        ShownObject.AsValue(shown, property) is { } value ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : 0;

    private static string DescribeTypes(object? reference, object? difference)
    {
        string one = Text(reference, "DType");
        string other = Text(difference, "DType");
        if (one != other)
        {
            return $"{one} -> {other}";
        }

        return Text(reference, "Layout") != Text(difference, "Layout") ? $"{Text(reference, "Layout")} -> {Text(difference, "Layout")}" : "other scales";
    }

    private static string Text(object? tensor, string property) =>
        tensor is null ? string.Empty : ShownObject.AsText(ShownObject.AsValue(PSObject.AsPSObject(tensor), property));

    private static string Shape(object? tensor) => tensor is null ? string.Empty : ShownObject.AsNumbers(PSObject.AsPSObject(tensor), "Shape");

    /// <summary>A tensor by type and shape, a value by its text.</summary>
    private static string Describe(object? value) => value is not null && PSObject.AsPSObject(value).Properties["DType"] is not null
        ? $"{Text(value, "DType")} {Shape(value)}"
        : PlainText.Name(ReadableValue.Text(value ?? "None"));
}
