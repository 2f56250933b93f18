using LowMem.Loader.Memory.Limits;
using LowMem.Loader.Native;

namespace LowMem.Loader.Memory;

/// <summary>
/// Tells the garbage collector of memory that it does not see: that of tensors. A model is a few small objects to it, however
/// many bytes hang on them, so that a loop that drops one model per turn would hold a dozen.
/// </summary>
internal static class MemoryPressure
{
    // Less than this is not worth a collection, which takes as long as reading some ten megabytes.
    private const long WorthCollecting = 32L << 20;

    // A finalizer of somebody else may wait for something: then a load goes on without what it would have freed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly Lock Gate = new();
    private static long held;
    private static long heldAfterCollection;

    /// <summary>The bytes that have been added and not removed.</summary>
    public static long Held
    {
        get
        {
            lock (Gate)
            {
                return held;
            }
        }
    }

    /// <summary>Tells of memory that was taken, and will be given back when a managed object goes.</summary>
    /// <param name="byteCount">How many bytes; none is nothing to tell.</param>
    public static void Add(long byteCount)
    {
        if (byteCount > 0)
        {
            lock (Gate)
            {
                held = checked(held + byteCount);
            }

            GC.AddMemoryPressure(byteCount);
        }
    }

    /// <summary>Tells that such memory is free again. Never throws: it is called by deleters.</summary>
    /// <param name="byteCount">How many bytes, of those that were added.</param>
    public static void Remove(long byteCount)
    {
        if (byteCount > 0)
        {
            lock (Gate)
            {
                held = Math.Max(0, held - byteCount);
                heldAfterCollection = Math.Min(heldAfterCollection, held);
            }

            GC.RemoveMemoryPressure(byteCount);
        }
    }

    /// <summary>
    /// Before memory is taken: frees what nobody holds any more, when that may be as much as is wanted, or when there is not
    /// enough without.
    /// </summary>
    /// <param name="byteCount">How many bytes are wanted.</param>
    public static void MakeRoom(long byteCount)
    {
        if (byteCount > 0 && (Grown >= Math.Max(byteCount, WorthCollecting) || AvailableMemory.GetLimit().Bytes - LoadMemory.Margin < byteCount))
        {
            Collect();
        }
    }

    private static long Grown
    {
        get
        {
            lock (Gate)
            {
                return held - heldAfterCollection;
            }
        }
    }

    private static void Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        _ = Task.Run(GC.WaitForPendingFinalizers).Wait(Patience);
        lock (Gate)
        {
            heldAfterCollection = held;
        }

        FreedMemory.Return();
    }
}
