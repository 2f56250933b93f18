using System.Runtime.ExceptionServices;

namespace LowMem.PowerShell.Pipeline;

/// <summary>
/// Runs work on another thread while the pipeline's thread, the only one that may write, says how far it is.
/// </summary>
internal static class BackgroundWork
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs the work; its exception, if any, is thrown here as it was.</summary>
    /// <param name="work">The work; it watches for cancellation itself.</param>
    /// <param name="tick">
    /// Called on this thread, now and then, until the work is done. It throws when the pipeline is stopped; the work has
    /// been told to stop by then, and is waited for: nothing goes on behind the back of whoever pressed Ctrl+C.
    /// </param>
    public static T Run<T>(Func<T> work, Action tick)
    {
        var task = Task.Factory.StartNew(
            work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var ended = ((IAsyncResult)task).AsyncWaitHandle;
        try
        {
            while (!ended.WaitOne(Interval))
            {
                tick();
            }
        }
        catch
        {
            ended.WaitOne();
            _ = task.Exception;
            throw;
        }

        if (task.Exception is { } exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException!);
        }

        return task.IsCanceled ? throw new OperationCanceledException() : task.Result;
    }
}
