using System.Management.Automation;
using LowMem.Checkpoints.Verification;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Runs work that reads whole checkpoints, and shows how far it is.</summary>
internal static class ScanProgress
{
    /// <summary>Of these cmdlets: PowerShell keeps progress bars apart by their ids.</summary>
    private const int ActivityId = 0x4c6f7654;

    /// <summary>Runs the work on another thread; its exception, if any, is thrown here as it was.</summary>
    /// <param name="cmdlet">The cmdlet that shows the progress.</param>
    /// <param name="activity">What is being done.</param>
    /// <param name="path">To which checkpoint.</param>
    /// <param name="work">The work; it watches for cancellation itself.</param>
    public static T Run<T>(Cmdlet cmdlet, string activity, string path, Func<IProgress<VerificationProgress>, T> work)
    {
        var progress = new LatestProgress<VerificationProgress>(report => report.BytesDone);
        var record = new ProgressRecord(ActivityId, activity, path);
        bool shown = false;
        try
        {
            return BackgroundWork.Run(
                () => work(progress),
                () =>
                {
                    var (done, total) = progress.Latest;
                    if (total > 0)
                    {
                        record.PercentComplete = (int)(100 * Math.Clamp((double)done / total, 0, 1));
                        record.StatusDescription = $"{Views.ByteSize.Format(done)} of {Views.ByteSize.Format(total)}";
                        cmdlet.WriteProgress(record);
                        shown = true;
                    }
                });
        }
        finally
        {
            if (shown)
            {
                record.RecordType = ProgressRecordType.Completed;
                cmdlet.WriteProgress(record);
            }
        }
    }
}
