namespace LowMem.Loader.Memory;

/// <summary>
/// Watches <see cref="ProcessMemory"/> from a thread of its own until it is disposed of. It looks a hundred times a
/// second: a peak shorter than that can be missed.
/// </summary>
public sealed class PeakMemorySampler : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private readonly ManualResetEventSlim stop = new();
    private readonly Thread thread;
    private long peak;

    /// <summary>Starts to watch.</summary>
    public PeakMemorySampler()
    {
        Before = ProcessMemory.GetPrivateBytes();
        peak = Before;
        thread = new Thread(Watch) { IsBackground = true, Name = "LowMem memory sampler" };
        thread.Start();
    }

    /// <summary>The private bytes when watching began.</summary>
    public long Before { get; }

    /// <summary>The most private bytes seen so far.</summary>
    internal long Seen => Interlocked.Read(ref peak);

    /// <summary>Looks once more and returns the most private bytes seen so far.</summary>
    public long GetPeak()
    {
        Sample();
        return Seen;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stop.Set();
        thread.Join();
        stop.Dispose();
    }

    private void Watch()
    {
        while (!stop.Wait(Interval))
        {
            Sample();
        }
    }

    private void Sample()
    {
        var now = ProcessMemory.GetPrivateBytes();
        var known = Interlocked.Read(ref peak);
        while (now > known)
        {
            var seen = Interlocked.CompareExchange(ref peak, now, known);
            if (seen == known)
            {
                return;
            }

            known = seen;
        }
    }
}
