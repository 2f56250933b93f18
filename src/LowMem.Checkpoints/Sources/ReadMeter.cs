namespace LowMem.Checkpoints.Sources;

/// <summary>Counts the bytes read from every source that a location opens which was given this meter.</summary>
internal sealed class ReadMeter
{
    private long bytes;

    public long Bytes => Interlocked.Read(ref bytes);

    public void Add(long count) => Interlocked.Add(ref bytes, count);
}
