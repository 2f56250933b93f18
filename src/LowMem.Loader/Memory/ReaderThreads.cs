using System.Runtime.ExceptionServices;

namespace LowMem.Loader.Memory;

/// <summary>
/// Threads that wait for a disk. There are more of them than cores: a disk is fast when many reads are asked of it at once, and a
/// thread that waits costs nothing. The thread pool would start them one by one, some time later.
/// </summary>
internal static class ReaderThreads
{
    /// <summary>The most threads: with fewer, a disk that is read past the page cache has nothing to do at times.</summary>
    public const int MaxCount = 8;

    private const int StackBytes = 512 << 10;

    /// <summary>Does something with each item, in the order in which they come, on several threads.</summary>
    /// <param name="items">The items; enumerated by one thread at a time.</param>
    /// <param name="count">The threads; with one of them, it is the caller's.</param>
    /// <param name="begin">Makes what one thread keeps for itself.</param>
    /// <param name="act">Does it.</param>
    /// <param name="cancellationToken">Ends it between two items.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <remarks>The first exception of any thread ends all of them, and comes out as it is.</remarks>
    public static void Run<TItem, TState>(
        IEnumerable<TItem> items, int count, Func<TState> begin, Action<TItem, TState> act, CancellationToken cancellationToken)
        where TState : IDisposable
    {
        using var source = items.GetEnumerator();
        var gate = new Lock();
        ExceptionDispatchInfo? failure = null;

        bool TryTake(out TItem item)
        {
            lock (gate)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var isThere = failure is null && source.MoveNext();
                item = isThere ? source.Current : default!;
                return isThere;
            }
        }

        void Work()
        {
            try
            {
                using var state = begin();
                while (TryTake(out var item))
                {
                    act(item, state);
                }
            }
#pragma warning disable CA1031 // Whatever it is, it is thrown again by the thread that began.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                lock (gate)
                {
                    // That of a file says more than that somebody pressed Ctrl+C meanwhile.
                    failure = failure is null || failure.SourceException is OperationCanceledException ? ExceptionDispatchInfo.Capture(exception) : failure;
                }
            }
        }

        var threads = new List<Thread>();
        try
        {
            while (threads.Count < count - 1)
            {
                var thread = new Thread(Work, StackBytes) { IsBackground = true, Name = "LowMem reader" };
                thread.Start();
                threads.Add(thread);
            }
        }
        catch (OutOfMemoryException)
        {
            // The system has no more threads for this process. Those that there are do the work.
        }

        Work();
        threads.ForEach(thread => thread.Join());
        failure?.Throw();
    }
}
