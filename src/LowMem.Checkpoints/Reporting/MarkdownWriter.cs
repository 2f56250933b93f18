using System.Globalization;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Reporting;

/// <summary>A table of what did not pass or has warnings, and a line that counts all.</summary>
internal sealed class MarkdownWriter : IVerdictWriter
{
    /// <summary>A comment on GitHub holds 65,536 characters.</summary>
    private const int MaxRows = 200;

    private const int MaxFindings = 5;

    private readonly StreamWriter writer;
    private readonly ReportPaths paths;
    private long passed;
    private long failed;
    private long shown;
    private long left;

    public MarkdownWriter(Stream stream, ReportPaths paths)
    {
        this.paths = paths;
        writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("### Checkpoints");
        writer.WriteLine();
    }

    public void Add(CheckpointVerdict verdict)
    {
        _ = verdict.Passed ? passed++ : failed++;
        var worth = verdict.Findings.Where(finding => finding.Severity != FindingSeverity.Information).ToList();
        if (worth.Count == 0)
        {
            return;
        }

        if (shown == MaxRows)
        {
            left++;
            return;
        }

        if (shown++ == 0)
        {
            writer.WriteLine("| Checkpoint | Result | Findings |");
            writer.WriteLine("|---|---|---|");
        }

        var lines = worth.Take(MaxFindings).Select(finding => $"{Escape(finding.Code)}: {Escape(Cut(finding.Message))}");
        string more = worth.Count > MaxFindings
            ? string.Create(CultureInfo.InvariantCulture, $"<br>and {worth.Count - MaxFindings} more")
            : string.Empty;
        writer.WriteLine($"| {Escape(paths.GetName(verdict.Path))} | {(verdict.Passed ? "passed, with warnings" : "**failed**")} | {string.Join("<br>", lines)}{more} |");
    }

    public void Complete()
    {
        if (shown > 0)
        {
            writer.WriteLine();
        }

        if (left > 0)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{left} more with errors or warnings are not shown."));
            writer.WriteLine();
        }

        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{passed + failed} {(passed + failed == 1 ? "checkpoint" : "checkpoints")}: {passed} passed, {failed} failed."));
        writer.Flush();
    }

    public void Dispose() => writer.Dispose();

    private static string Cut(string text) => text.Length > 300 ? text[..300] + "..." : text;

    /// <summary>
    /// Text that stays text: as code, which names nobody and links nowhere, with an entity for whatever Markdown or HTML
    /// could take for something else.
    /// </summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder("<code>");
        foreach (var rune in DisplayText.Line(text).EnumerateRunes())
        {
            bool plain = rune.Value is ' ' or '/' or '-' || Rune.IsLetterOrDigit(rune);
            escaped.Append(plain ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"&#{rune.Value};"));
        }

        return escaped.Append("</code>").ToString();
    }
}
