using System.Management.Automation;

namespace LowMem.PowerShellHost;

/// <summary>
/// Shows progress on stderr: one line drawn over itself on a terminal. In a log, plain lines, and few: none for what
/// is done within a second, then one every five seconds.
/// </summary>
internal sealed class ProgressPrinter(ConsoleStreams streams, TimeProvider time)
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<(int Id, string Name), Activity> _activities = [];
    private int _drawnLength;

    /// <summary>
    /// Shows a record, unless it is too soon. The engine's source id does not tell activities apart: every call of
    /// Write-Progress has its own.
    /// </summary>
    public void Write(ProgressRecord record)
    {
        lock (_lock)
        {
            (int, string) key = (record.ActivityId, record.Activity);
            if (record.RecordType == ProgressRecordType.Completed)
            {
                _activities.Remove(key);
                Clear();
                return;
            }

            long now = time.GetTimestamp();
            if (!_activities.TryGetValue(key, out Activity? activity))
            {
                TimeSpan delay = streams.ErrorIsTerminal ? TimeSpan.Zero : LogDelay;
                activity = new Activity { Timestamp = now, Wait = delay };
                _activities.Add(key, activity);
            }

            string line = Describe(record);
            if (line == activity.Line || time.GetElapsedTime(activity.Timestamp, now) < activity.Wait)
            {
                return;
            }

            activity.Line = line;
            activity.Timestamp = now;
            activity.Wait = streams.ErrorIsTerminal ? TerminalInterval : LogInterval;
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

    /// <summary>The line last shown, and how long from its time on nothing more is.</summary>
    private sealed class Activity
    {
        public string? Line { get; set; }

        public long Timestamp { get; set; }

        public TimeSpan Wait { get; set; }
    }
}
