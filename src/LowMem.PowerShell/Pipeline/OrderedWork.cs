namespace LowMem.PowerShell.Pipeline;

/// <summary>
/// Works on many items at once while their results come out in the order of the items. No more of them are under way or
/// waiting than a few for each core: memory does not grow with their number.
/// </summary>
internal static class OrderedWork
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <param name="items">The items; asked for the next one when there is room.</param>
    /// <param name="work">Works on one, on another thread; its exceptions come out with the result.</param>
    /// <param name="threads">How many to work on at once.</param>
    /// <param name="result">Given each item with its task, which has ended; on this thread.</param>
    /// <param name="tick">Called on this thread now and then. It throws when the pipeline is stopped.</param>
    public static void Run<TItem, TResult>(
        IEnumerable<TItem> items, Func<TItem, TResult> work, int threads, Action<TItem, Task<TResult>> result, Action tick)
    {
        using var room = new SemaphoreSlim(threads);
        var waiting = new Queue<(TItem Item, Task<TResult> Task)>();
        try
        {
            foreach (var item in items)
            {
                waiting.Enqueue((item, Task.Run(async () =>
                {
                    await room.WaitAsync().ConfigureAwait(false);
                    try
                    {
                        return work(item);
                    }
                    finally
                    {
                        room.Release();
                    }
                })));
                // Small ones end while a large one before them is still under way.
                while (waiting.Count >= 8 * threads || waiting.TryPeek(out var first) && first.Task.IsCompleted)
                {
                    TakeFirst();
                }
            }

            while (waiting.Count > 0)
            {
                TakeFirst();
            }
        }
        finally
        {
            // Nothing goes on behind the back of whoever pressed Ctrl+C.
            Task.WhenAll(waiting.Select(item => item.Task)).ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        }

        void TakeFirst()
        {
            var (item, task) = waiting.Peek();
            var ended = ((IAsyncResult)task).AsyncWaitHandle;
            while (!task.IsCompleted && !ended.WaitOne(Interval))
            {
                tick();
            }

            waiting.Dequeue();
            result(item, task);
        }
    }
}
