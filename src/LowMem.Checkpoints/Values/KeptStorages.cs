using System.Collections.Concurrent;

namespace LowMem.Checkpoints.Values;

/// <summary>Storages that are in memory until all who need them whole are done. Safe for several threads.</summary>
internal sealed class KeptStorages
{
    /// <summary>The most that all of them together take.</summary>
    public const long MaxTotal = 64 << 20;

    private readonly ConcurrentDictionary<(string Path, StorageExtent Storage), LargeBuffer> storages = [];
    private long total;

    /// <summary>Whether no more should be read before somebody is done with what there is.</summary>
    public bool IsHalfFull => Interlocked.Read(ref total) > MaxTotal / 2;

    /// <summary>The bytes of the storage of a tensor; null when they are not kept.</summary>
    public LargeBuffer? Find(TensorInfo tensor) =>
        !storages.IsEmpty && tensor.Storage is { } storage && storages.TryGetValue((tensor.Path, storage), out var bytes) ? bytes : null;

    /// <summary>Memory for a storage; null when there is no room for it.</summary>
    public LargeBuffer? TryTake(long length)
    {
        if (Interlocked.Add(ref total, length) > MaxTotal)
        {
            Interlocked.Add(ref total, -length);
            return null;
        }

        return new LargeBuffer((int)length);
    }

    /// <summary>Says that a storage is whole.</summary>
    public void Add(string path, StorageExtent storage, LargeBuffer bytes) => storages[(path, storage)] = bytes;

    /// <summary>Says that nobody needs a storage any more.</summary>
    public void Remove(string path, StorageExtent storage)
    {
        if (storages.TryRemove((path, storage), out var bytes))
        {
            Interlocked.Add(ref total, -bytes.Length);
            ((IDisposable)bytes).Dispose();
        }
    }
}
