using System.Diagnostics;
using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Verification;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Runs long work and shows how far it is.</summary>
internal static class ProgressBar
{
    /// <summary>Of this module: PowerShell keeps progress bars apart by their ids.</summary>
    private const int ActivityId = 0x4c6f774d;

    /// <summary>Runs work that reads whole checkpoints.</summary>
    /// <param name="cmdlet">The cmdlet that shows the progress.</param>
    /// <param name="activity">What is being done.</param>
    /// <param name="path">To which checkpoint.</param>
    /// <param name="work">The work; it watches for cancellation itself.</param>
    public static T Run<T>(Cmdlet cmdlet, string activity, string path, Func<IProgress<VerificationProgress>, T> work) =>
        Run(cmdlet, activity, path, Stopwatch.StartNew(), work);

    /// <summary>Runs work that reads whole checkpoints, and comes in several pieces.</summary>
    /// <param name="cmdlet">The cmdlet that shows the progress.</param>
    /// <param name="activity">What is being done.</param>
    /// <param name="path">To which checkpoint.</param>
    /// <param name="clock">Runs since the first piece was begun.</param>
    /// <param name="work">The work; it watches for cancellation itself.</param>
    public static T Run<T>(Cmdlet cmdlet, string activity, string path, Stopwatch clock, Func<IProgress<VerificationProgress>, T> work) => Run(
        cmdlet,
        activity,
        path,
        report => report.BytesDone,
        report => report.BytesTotal == 0 ? null : DescribeBytes(report.BytesDone, report.BytesTotal, clock.Elapsed),
        work);

    /// <summary>Runs the work on another thread; its exception, if any, is thrown here as it was.</summary>
    /// <param name="cmdlet">The cmdlet that shows the progress.</param>
    /// <param name="activity">What is being done.</param>
    /// <param name="path">To which checkpoint.</param>
    /// <param name="position">How far a report is, in whatever unit: reports may overtake each other.</param>
    /// <param name="describe">What is done of the whole, from 0 to 1, in words, and the seconds that are left or -1; null when there is nothing to show yet.</param>
    /// <param name="work">The work; it watches for cancellation itself.</param>
    public static T Run<TReport, T>(
        Cmdlet cmdlet,
        string activity,
        string path,
        Func<TReport, long> position,
        Func<TReport, (double Part, string Status, int SecondsLeft)?> describe,
        Func<IProgress<TReport>, T> work)
        where TReport : struct
    {
        var progress = new LatestProgress<TReport>(position);
        var record = new ProgressRecord(ActivityId, activity, DisplayText.Line(path));
        bool shown = false;
        try
        {
            return BackgroundWork.Run(() => work(progress), Tick);
        }
        finally
        {
            if (shown)
            {
                record.RecordType = ProgressRecordType.Completed;
                cmdlet.WriteProgress(record);
            }
        }

        void Tick()
        {
            if (describe(progress.Latest) is var (part, status, left))
            {
                record.PercentComplete = (int)(100 * Math.Clamp(part, 0, 1));
                record.StatusDescription = status;
                record.SecondsRemaining = left;
                cmdlet.WriteProgress(record);
                shown = true;
            }
        }
    }

    /// <summary>Bytes done as a part of all, in words with the rate, and the seconds that the rest takes at that rate; -1 while there is none.</summary>
    public static (double Part, string Status, int SecondsLeft) DescribeBytes(long done, long total, TimeSpan elapsed)
    {
        string status = $"{Views.ByteSize.Format(done)} of {Views.ByteSize.Format(total)}";
        double rate = done / elapsed.TotalSeconds;
        return double.IsFinite(rate) && rate >= 1
            ? ((double)done / total, $"{status}, {Views.ByteSize.Format((long)rate)}/s", (int)Math.Clamp((total - done) / rate, 0, int.MaxValue))
            : ((double)done / total, status, -1);
    }
}
