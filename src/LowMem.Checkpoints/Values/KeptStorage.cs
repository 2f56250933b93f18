using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values;

/// <summary>
/// Keeps one storage as it is read, for tensors whose values do not lie in it one after the other. When there is no room, it is
/// read once more, whole, as soon as there is: once for all of them.
/// </summary>
/// <param name="all">Knows how much room there is.</param>
/// <param name="tensor">One of those that lie in the storage.</param>
internal sealed class KeptStorage(KeptStorages all, TensorInfo tensor) : IBlockConsumer, IPassJob
{
    /// <summary>A larger storage is not kept.</summary>
    public const long MaxLength = KeptStorages.MaxTotal;

    private const int BlockLength = 512 << 10;

    private readonly StorageExtent storage = tensor.Storage!;
    private readonly Lock gate = new();
    private readonly List<GatherJob> waiting = [];
    private LargeBuffer? bytes;
    private bool isStarted;
    private Action<IPassJob>? ready;
    private int users;

    public long ByteLength => storage.ByteLength;

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
            Share();
            return;
        }

        // A tensor in pieces may need more than there is room for at any time: it reads what is missing by itself.
        foreach (var job in waiting.Where(job => job.IsInPieces))
        {
            job.Arrive();
        }

        waiting.RemoveAll(job => job.IsInPieces);
        if (waiting.Count > 0)
        {
            all.WaitForRoom(this);
        }
    }

    /// <summary>Says whom to tell when there is room to read it once more.</summary>
    public void Start(Action<IPassJob> whenReady) => ready = whenReady;

    /// <summary>There is room now.</summary>
    public void ReadAgain(LargeBuffer room)
    {
        bytes = room;
        ready!(this);
    }

    /// <summary>Reads it once more.</summary>
    public void Run(TensorDataReader reader, Action<long> done, CancellationToken cancellationToken)
    {
        var target = bytes!.GetSpan();
        var file = reader.GetFile(tensor.Path);
        if (storage.Offset < 0)
        {
            UnaddressableStorages.Unfold(file.With(cancellationToken), tensor, storage).CopyTo(target);
        }
        else
        {
            for (int start = 0; start < target.Length; start += BlockLength)
            {
                var block = target.Slice(start, Math.Min(BlockLength, target.Length - start));
                file.Read(storage.Offset + start, block, $"the storage of '{DisplayText.Name(tensor.Key)}'", cancellationToken);
            }
        }

        Share();
    }

    private void Share()
    {
        all.Add(tensor.Path, storage, bytes!);
        bytes = null;
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
            all.Remove(tensor.Path, storage);
        }
    }
}
