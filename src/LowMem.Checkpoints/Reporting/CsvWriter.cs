using System.Globalization;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Reporting;

/// <summary>One line for each finding; one without a finding for a checkpoint that has none.</summary>
internal sealed class CsvWriter : IVerdictWriter
{
    private readonly StreamWriter writer;

    public CsvWriter(Stream stream)
    {
        writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("Path,Format,Passed,Level,Severity,Code,Key,Offset,Message,TensorCount,BytesRead,Seconds");
    }

    public void Add(CheckpointVerdict verdict)
    {
        foreach (var finding in verdict.Findings.DefaultIfEmpty())
        {
            writer.WriteLine(string.Join(',', [
                Quote(verdict.Path),
                Quote(verdict.Format),
                verdict.Passed ? "True" : "False",
                Quote(verdict.Level),
                finding?.Severity.ToString() ?? string.Empty,
                Quote(finding?.Code),
                Quote(finding?.Key),
                finding?.Offset?.ToString(CultureInfo.InvariantCulture) ?? string.Empty,
                Quote(finding?.Message),
                verdict.TensorCount.ToString(CultureInfo.InvariantCulture),
                verdict.BytesRead.ToString(CultureInfo.InvariantCulture),
                verdict.Duration.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture),
            ]));
        }
    }

    public void Complete() => writer.Flush();

    public void Dispose() => writer.Dispose();

    /// <summary>A spreadsheet takes what begins so for a formula, and runs it: an apostrophe makes it text.</summary>
    private static string Quote(string? text)
    {
        string clean = DisplayText.Line(text);
        string safe = clean.TrimStart() is ['=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠', ..] ? '\'' + clean : clean;
        return safe.Length == 0 ? string.Empty : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
