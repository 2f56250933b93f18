using System.Collections.Concurrent;

namespace LowMem.Checkpoints.Tests.Sources.Http;

/// <summary>
/// A clock on which waits between two attempts are over at once, and are noted. Timeouts run by the clock of the machine, and are
/// over at once when a test says so.
/// </summary>
internal sealed class ImpatientClock : TimeProvider
{
    /// <summary>Timers of this length or more are timeouts, and not waits.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly ConcurrentBag<TimeSpan> waits = [];

    /// <summary>The waits, the shortest first.</summary>
    public IReadOnlyList<TimeSpan> Waits => [.. waits.Order()];

    /// <summary>How long timeouts are in truth; null for as long as they are.</summary>
    public TimeSpan? Silence { get; set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        if (dueTime >= Timeout)
        {
            return base.CreateTimer(callback, state, Silence ?? dueTime, period);
        }

        waits.Add(dueTime);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
