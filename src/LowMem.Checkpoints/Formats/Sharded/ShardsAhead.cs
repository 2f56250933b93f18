namespace LowMem.Checkpoints.Formats.Sharded;

/// <summary>Opens several shards at a time, and gives them out in their order.</summary>
internal sealed class ShardsAhead : IDisposable
{
    private const int Parallel = 8;

    private readonly Queue<Task<Checkpoint>> tasks = new();
    private readonly IEnumerator<string> names;
    private readonly Func<string, CancellationToken, Checkpoint> open;
    private readonly CancellationTokenSource stop;

    public ShardsAhead(IReadOnlyList<string> names, Func<string, CancellationToken, Checkpoint> open, CancellationToken cancellationToken)
    {
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
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

    /// <summary>Ends those that are under way, and waits for them.</summary>
    public void Dispose()
    {
        stop.Cancel();
        foreach (var task in tasks)
        {
            ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
            _ = task.Exception;
        }

        names.Dispose();
        stop.Dispose();
    }

    private bool Begin()
    {
        if (!names.MoveNext())
        {
            return false;
        }

        string name = names.Current;

        // A thread of its own: it waits for the server more than it works.
        tasks.Enqueue(Task.Factory.StartNew(() => open(name, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return true;
    }
}
