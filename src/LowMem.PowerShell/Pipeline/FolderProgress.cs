using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Shows how far a search through a folder has come.</summary>
/// <param name="cmdlet">The cmdlet that shows it.</param>
/// <param name="activity">What is being done.</param>
/// <param name="folder">The folder.</param>
internal sealed class FolderProgress(Cmdlet cmdlet, string activity, string folder) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly ProgressRecord record = new(0x4c6f774e, activity, Views.PlainText.Format(folder));
    private long last = Stopwatch.GetTimestamp();
    private bool shown;

    /// <summary>Shows it, unless it has been shown just now.</summary>
    public void Show(long tested, long files, string current)
    {
        if (Stopwatch.GetElapsedTime(last) < Interval)
        {
            return;
        }

        last = Stopwatch.GetTimestamp();
        record.StatusDescription = string.Create(CultureInfo.InvariantCulture, $"{tested} checkpoints tested, {files} files seen");
        record.CurrentOperation = Views.PlainText.Format(current);
        cmdlet.WriteProgress(record);
        shown = true;
    }

    public void Dispose()
    {
        if (shown)
        {
            record.RecordType = ProgressRecordType.Completed;
            cmdlet.WriteProgress(record);
        }
    }
}
