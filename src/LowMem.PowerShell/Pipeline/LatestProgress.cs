namespace LowMem.PowerShell.Pipeline;

/// <summary>Keeps the last report of some work; reports come from several threads and are read by one.</summary>
/// <param name="position">How far a report is, in whatever unit: reports may overtake each other.</param>
internal sealed class LatestProgress<T>(Func<T, long> position) : IProgress<T>
    where T : struct
{
    private readonly Lock gate = new();
    private T latest;

    public T Latest
    {
        get
        {
            lock (gate)
            {
                return latest;
            }
        }
    }

    public void Report(T value)
    {
        lock (gate)
        {
            if (position(value) >= position(latest))
            {
                latest = value;
            }
        }
    }
}
