namespace LowMem.Checkpoints.Sources;

/// <summary>Counts the bytes read by every <see cref="CheckpointFileReader"/> that is opened within its scope.</summary>
internal sealed class ReadMeter : IDisposable
{
    private static readonly AsyncLocal<ReadMeter?> Ambient = new();

    private readonly ReadMeter? outer = Ambient.Value;
    private long bytes;

    private ReadMeter()
    {
    }

    public static ReadMeter? Current => Ambient.Value;

    public long Bytes => Interlocked.Read(ref bytes);

    public static ReadMeter Start()
    {
        var meter = new ReadMeter();
        Ambient.Value = meter;
        return meter;
    }

    public void Add(long count)
    {
        Interlocked.Add(ref bytes, count);
        outer?.Add(count);
    }

    public void Dispose() => Ambient.Value = outer;
}
