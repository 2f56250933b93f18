using System.Collections;
using System.Globalization;
using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Verification;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Takes verdicts, also those that came from a job or another machine and are copies without a type.</summary>
internal static class VerdictInput
{
    private const string TypeName = "CheckpointVerdict";

    /// <summary>The verdict; null when it is none.</summary>
    public static CheckpointVerdict? Read(PSObject input)
    {
        if (input.BaseObject is CheckpointVerdict verdict)
        {
            return verdict;
        }

        if (!input.TypeNames.Any(name => name.EndsWith('.' + TypeName, StringComparison.Ordinal)) || Text(input, "Path") is not { } path)
        {
            return null;
        }

        var findings = ReadFindings(Value(input, "Findings")).ToList();
        // A copy that is not deep enough has lost its findings; that it did not pass is not lost.
        if (Value(input, "Passed") is not true && findings.All(finding => finding.Severity != FindingSeverity.Error))
        {
            string first = Text(input, "FirstFinding") ?? "the checkpoint did not pass; the findings were lost on the way here";
            findings.Insert(0, new CheckpointFinding(FindingSeverity.Error, "FindingsLost", null, null, first));
        }

        return new CheckpointVerdict
        {
            Path = path,
            Format = Text(input, "Format") ?? CheckpointVerdict.UnknownFormat,
            Level = Text(input, "Level") ?? nameof(VerificationLevel.Structure),
            Findings = findings.ToArray(),
            TensorCount = Number(input, "TensorCount") ?? 0,
            BytesRead = Number(input, "BytesRead") ?? 0,
            Duration = Value(input, "Duration") is TimeSpan duration ? duration : TimeSpan.Zero,
        };
    }

    private static IEnumerable<CheckpointFinding> ReadFindings(object? value)
    {
        foreach (object? item in value is IEnumerable list and not string ? list : Array.Empty<object>())
        {
            if (item is CheckpointFinding finding)
            {
                yield return finding;
            }
            else if (item is not null && PSObject.AsPSObject(item) is var copy && Text(copy, "Message") is { } message)
            {
                yield return new CheckpointFinding(
                    // What cannot be told is taken for the worst.
                    Enum.TryParse<FindingSeverity>(Text(copy, "Severity"), out var severity) ? severity : FindingSeverity.Error,
                    Text(copy, "Code") ?? "Finding",
                    Text(copy, "Key"),
                    Number(copy, "Offset"),
                    message);
            }
        }
    }

    private static object? Value(PSObject item, string name) =>
        item.Properties[name]?.Value is PSObject wrapped ? wrapped.BaseObject : item.Properties[name]?.Value;

    private static string? Text(PSObject item, string name) => item.Properties[name]?.Value?.ToString();

    private static long? Number(PSObject item, string name) =>
        long.TryParse(Convert.ToString(Value(item, name), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, out long number)
            ? number
            : null;
}
