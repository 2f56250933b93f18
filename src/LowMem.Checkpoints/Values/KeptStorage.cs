namespace LowMem.Checkpoints.Values;

/// <summary>
/// Keeps one storage as it is read, for tensors whose values do not lie in it one after the other. When there is no room, they
/// read it once more.
/// </summary>
internal sealed class KeptStorage(KeptStorages all, string path, StorageExtent storage) : IBlockConsumer
{
    /// <summary>A larger storage is not kept.</summary>
    public const long MaxLength = KeptStorages.MaxTotal;

    private readonly Lock gate = new();
    private readonly List<GatherJob> waiting = [];
    private LargeBuffer? bytes;
    private bool isStarted;
    private int users;

    public bool IsInOrder => false;

    /// <summary>Adds a tensor that needs it; before anything is read.</summary>
    public void Add(GatherJob job)
    {
        waiting.Add(job);
        users++;
    }

    public void Consume(long position, ReadOnlySpan<byte> block)
    {
        lock (gate)
        {
            bytes = isStarted ? bytes : all.TryTake(storage.ByteLength);
            isStarted = true;
        }

        if (bytes is not null)
        {
            block.CopyTo(bytes.GetSpan()[(int)position..]);
        }
    }

    public void Complete()
    {
        if (bytes is not null)
        {
            all.Add(path, storage, bytes);
            bytes = null;
        }

        foreach (var job in waiting)
        {
            job.Arrive();
        }
    }

    /// <summary>Says that one tensor is done with it.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref users) == 0)
        {
            all.Remove(path, storage);
        }
    }
}
