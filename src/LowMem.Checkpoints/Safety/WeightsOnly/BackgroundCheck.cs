using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety.WeightsOnly;

/// <summary>
/// A <see cref="WeightsOnlyCheck"/> of a long pickle that goes on beside its reading. Nobody waits for a thread: when none
/// has begun, whoever asks for the answer does the work.
/// </summary>
internal sealed class BackgroundCheck : IDisposable
{
    /// <summary>A shorter one is read before another thread has begun.</summary>
    private const int Shortest = 1 << 20;

    private readonly CancellationTokenSource stop;
    private readonly Task<WeightsOnlyAnswer> work;
    private int isTaken;

    /// <param name="input">The pickle.</param>
    /// <param name="source">What it is.</param>
    /// <param name="cancellationToken">Ends it early, as disposing does.</param>
    public BackgroundCheck(IPickleInput input, PickleSource source, CancellationToken cancellationToken)
    {
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        work = new Task<WeightsOnlyAnswer>(() => WeightsOnlyCheck.Of(input.Share(), source, stop.Token), CancellationToken.None);
        if (input.Length >= Shortest)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static check => check.Run(), this, preferLocal: false);
        }
    }

    /// <inheritdoc cref="WeightsOnlyCheck.Of(IPickleInput, PickleSource, CancellationToken)"/>
    public WeightsOnlyAnswer GetAnswer()
    {
        Run();
        return work.GetAwaiter().GetResult();
    }

    /// <summary>Returns when nothing is read any more.</summary>
    public void Dispose()
    {
        stop.Cancel();
        if (Interlocked.Exchange(ref isTaken, 1) != 0)
        {
            Task.WaitAny(work);
        }

        stop.Dispose();
    }

    private void Run()
    {
        if (Interlocked.Exchange(ref isTaken, 1) == 0)
        {
            work.RunSynchronously(TaskScheduler.Default);
        }
    }
}
