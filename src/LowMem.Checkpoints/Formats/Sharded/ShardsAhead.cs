namespace LowMem.Checkpoints.Formats.Sharded;

/// <summary>Opens several shards at a time, and gives them out in their order.</summary>
internal sealed class ShardsAhead : IDisposable
{
    private const int Parallel = 8;

    private readonly Queue<Task<Checkpoint>> tasks = new();
    private readonly IEnumerator<string> names;
    private readonly Func<string, Checkpoint> open;

    public ShardsAhead(IReadOnlyList<string> names, Func<string, Checkpoint> open)
    {
        this.names = names.GetEnumerator();
        this.open = open;
        while (tasks.Count < Parallel && Begin())
        {
        }
    }

    /// <summary>The next one; throws what opening it threw.</summary>
    public Checkpoint Take()
    {
        var task = tasks.Dequeue();
        Begin();
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Waits for those that are under way: they end soon when the reading was cancelled.</summary>
    public void Dispose()
    {
        foreach (var task in tasks)
        {
            ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
            _ = task.Exception;
        }

        names.Dispose();
    }

    private bool Begin()
    {
        if (!names.MoveNext())
        {
            return false;
        }

        string name = names.Current;

        // A thread of its own: it waits for the server more than it works.
        tasks.Enqueue(Task.Factory.StartNew(() => open(name), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return true;
    }
}
