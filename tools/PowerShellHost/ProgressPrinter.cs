using System.Diagnostics;
using System.Management.Automation;

namespace LowMem.PowerShellHost;

/// <summary>
/// Shows progress on stderr: one line drawn over itself on a terminal, else plain lines, few enough for a log.
/// </summary>
internal sealed class ProgressPrinter(ConsoleStreams streams)
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<(int Id, string Activity), Shown> _shown = [];
    private int _drawnLength;

    /// <summary>
    /// Shows a record unless one of the same activity was shown just now. The engine's source id does not matter here:
    /// every call of Write-Progress has its own.
    /// </summary>
    public void Write(ProgressRecord record)
    {
        lock (_lock)
        {
            (int, string) key = (record.ActivityId, record.Activity);
            bool isNew = !_shown.TryGetValue(key, out Shown? shown);
            if (record.RecordType == ProgressRecordType.Completed)
            {
                _shown.Remove(key);
                Clear();
                return;
            }

            TimeSpan interval = streams.ErrorIsTerminal ? TerminalInterval : LogInterval;
            string line = Describe(record);
            if (!isNew && (line == shown!.Line || Stopwatch.GetElapsedTime(shown.Timestamp) < interval))
            {
                return;
            }

            _shown[key] = new Shown(line, Stopwatch.GetTimestamp());
            Print(line);
        }
    }

    /// <summary>Removes a drawn line, so that other text starts on a clean one.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            if (_drawnLength > 0)
            {
                streams.Error.Write('\r' + new string(' ', _drawnLength) + '\r');
                _drawnLength = 0;
            }
        }
    }

    private static string Describe(ProgressRecord record)
    {
        string line = record.Activity;
        foreach (string? part in (string?[])[record.StatusDescription, record.CurrentOperation])
        {
            line += string.IsNullOrWhiteSpace(part) ? "" : ": " + part;
        }

        line += record.PercentComplete >= 0 ? $" {record.PercentComplete}%" : "";
        line += record.SecondsRemaining > 0 ? $", {record.SecondsRemaining} s left" : "";
        return line.ReplaceLineEndings(" ");
    }

    private void Print(string line)
    {
        if (!streams.ErrorIsTerminal)
        {
            streams.Error.WriteLine(line);
            return;
        }

        Clear();
        string cut = line.Length < streams.Width ? line : line[..(streams.Width - 1)];
        streams.Error.Write(cut);
        _drawnLength = cut.Length;
    }

    private sealed record Shown(string Line, long Timestamp);
}
