using System.Text.Json;
using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>What differs from another checkpoint, in columns, what moved most first.</summary>
internal static class PageDifferences
{
    /// <summary>Faults are sentences; so many are told, and the number of the rest.</summary>
    private const int MostFaults = 100;

    public static void Write(
        Utf8JsonWriter writer, PageTensors tensors, string path, ReportComparison comparison, CancellationToken cancellationToken)
    {
        var (name, reference) = PageNames.TellApart(path, comparison.ReferencePath);
        CheckpointDifference[] rows = [.. comparison.Result.Differences.Where(row => row.Change != CheckpointChange.Equal).OrderByDescending(Weigh)];
        writer.WriteStartObject("differences");
        writer.WriteString("name", name);
        writer.WriteString("reference", reference);
        writer.WriteBoolean("equal", comparison.Result.AreEqual);
        writer.WriteList("faults", comparison.Result.Faults.Take(MostFaults), fault => writer.WriteStringValue(Describe(fault)));
        writer.WriteNumber("moreFaults", Math.Max(0, comparison.Result.Faults.Count - MostFaults));
        Column("change", row => writer.WriteStringValue(row.Change.ToString()));
        Column("tensor", row => writer.WriteNumberValue(row.Difference is TensorInfo ? tensors.Find(row.DifferenceKey) : -1));
        Column("key", row => writer.WriteStringValue(DisplayText.Name(row.DifferenceKey ?? row.Key)));
        Column("note", row => writer.WriteStringValue(DisplayText.Name(Describe(row))));
        Column("relative", row => writer.WriteShort(row.RelativeChange));
        Column("maximum", row => writer.WriteShort(row.MaximumAbsoluteDifference));
        Column("cosine", row => writer.WriteShort(row.CosineSimilarity));
        Column("differing", row => writer.WriteShort(row.DifferingElements is { } differing && row.ElementCount > 0 ? (double)differing / row.ElementCount : null));
        writer.WriteEndObject();

        void Column(string name, Action<CheckpointDifference> write)
        {
            writer.WriteList(name, rows, write);
            writer.Flush();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Keys and shapes say most; of values, those that moved most; then what only the values of no tensor say.</summary>
    private static double Weigh(CheckpointDifference row) => row switch
    {
        { NonFiniteDifferences: > 0 } => double.PositiveInfinity,
        { Reference: not TensorInfo, Difference: not TensorInfo } => -1,
        { Change: CheckpointChange.Renamed } => -0.5,
        { RelativeChange: { } moved } when !double.IsNaN(moved) => moved,
        { DifferingElements: 0 } => 0,
        _ => double.MaxValue,
    };

    private static string Describe(CheckpointDifference row) => row.Change switch
    {
        CheckpointChange.Renamed => $"was {row.Key}",
        CheckpointChange.Added => Text(row.Difference),
        CheckpointChange.Removed => Text(row.Reference),
        _ when row is { Reference: TensorInfo one, Difference: TensorInfo other } => row.Change switch
        {
            CheckpointChange.Shape => $"{Shape(one)} → {Shape(other)}",
            CheckpointChange.DType when one.DType != other.DType => $"{one.DType} → {other.DType}",
            CheckpointChange.DType => "another layout or other scales",
            _ when row.NonFiniteDifferences > 0 => $"{row.NonFiniteDifferences} NaN or infinite",
            _ => string.Empty,
        },
        _ => $"{Text(row.Reference)} → {Text(row.Difference)}",
    };

    private static string Text(object? value) => value is TensorInfo tensor ? $"{tensor.DType} {Shape(tensor)}" : PageValueText.Of(value);

    private static string Shape(TensorInfo tensor) => $"[{string.Join(", ", tensor.Shape)}]";

    private static string Describe(CheckpointException fault) => fault.Record is { } key
        ? DisplayText.Line($"'{DisplayText.Name(key)}' could not be compared ({fault.ErrorId})")
        : fault.ErrorId;
}
