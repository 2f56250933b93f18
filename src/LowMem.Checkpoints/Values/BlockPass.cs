using System.Runtime.ExceptionServices;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values;

/// <summary>
/// Reads what a plan wants, each byte once, in the order of the files and on all cores, and hands the blocks over. Memory is
/// bounded by the number of blocks: whoever needs them in order, and is slow, is waited for.
/// </summary>
internal sealed class BlockPass
{
    /// <summary>
    /// Small enough to stay in the cache of its core between being read and being looked at, large enough that a
    /// system call costs nothing beside it.
    /// </summary>
    private const int BlockLength = 512 << 10;

    /// <summary>More threads read no faster than memory or disk allow.</summary>
    private const int MaxThreads = 32;

    /// <summary>The blocks of one file that wait for those before them, before another file is begun.</summary>
    private const int MaxWaiting = 3;

    private readonly object gate = new();
    private readonly TensorDataReader reader;
    private readonly Action<long> report;
    private readonly CancellationToken cancellationToken;
    private readonly List<BlockStream> streams;
    private readonly Queue<BlockRange> ranges = new();
    private readonly Queue<IPassJob> jobs = new();
    private readonly Stack<byte[]> free = new();
    private readonly int threads = Math.Min(Environment.ProcessorCount, MaxThreads);
    private ExceptionDispatchInfo? failure;
    private int buffersLeft;
    private int busy;
    private int busyJobs;

    private BlockPass(BlockPlan plan, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        this.cancellationToken = cancellationToken;
        reader = plan.Reader;
        streams = plan.GetStreams();
        buffersLeft = threads * (MaxWaiting + 1);
        long total = streams.Sum(stream => stream.ByteLength) + plan.Jobs.Sum(job => job.ByteLength);
        long done = 0;
        report = bytes =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            long now = Interlocked.Add(ref done, bytes);
            progress?.Invoke(now, total);
        };
    }

    /// <summary>Reads all.</summary>
    /// <param name="plan">What is wanted.</param>
    /// <param name="progress">Told, from several threads, how many bytes have been dealt with and of how many; or null.</param>
    /// <param name="cancellationToken">Ends it within a few blocks.</param>
    /// <exception cref="CheckpointException">A file is gone, changed or shorter than it was.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static void Run(BlockPlan plan, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var pass = new BlockPass(plan, progress, cancellationToken);
        foreach (var consumer in plan.Empty)
        {
            consumer.Complete();
        }

        foreach (var storage in plan.Kept)
        {
            storage.Start(pass.Add);
        }

        foreach (var job in plan.Jobs)
        {
            job.Start(pass.Add);
        }

        Parallel.For(0, pass.threads, new ParallelOptions { MaxDegreeOfParallelism = pass.threads }, _ => pass.Work());
        pass.failure?.Throw();
    }

    private void Add(IPassJob job)
    {
        lock (gate)
        {
            jobs.Enqueue(job);
            Monitor.PulseAll(gate);
        }
    }

    private void Work()
    {
        try
        {
            while (WorkOnce())
            {
            }
        }
#pragma warning disable CA1031 // Whatever it is, it is thrown again by the thread that began the pass.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            lock (gate)
            {
                // One reason is enough, and it should look as if a single thread had read.
                failure ??= ExceptionDispatchInfo.Capture(exception);
                Monitor.PulseAll(gate);
            }
        }
    }

    /// <summary>Does what comes next; false when there is nothing left to do. What waits goes before what is to be read.</summary>
    private bool WorkOnce()
    {
        BlockRange? range;
        IPassJob? job = null;
        Block? block = null;
        lock (gate)
        {
            while (true)
            {
                if (failure is not null)
                {
                    return false;
                }

                if (ranges.TryDequeue(out range) || jobs.TryDequeue(out job) || (block = Take()) is not null)
                {
                    break;
                }

                if (busy == 0)
                {
                    Monitor.PulseAll(gate);
                    return false;
                }

                Monitor.Wait(gate);
            }

            busy++;
            busyJobs += job is null ? 0 : 1;
        }

        if (range is not null)
        {
            Serve(range);
        }
        else if (block is not null)
        {
            Read(block);
        }
        else
        {
            job!.Run(reader, report, cancellationToken);
        }

        lock (gate)
        {
            busy--;
            busyJobs -= job is null ? 0 : 1;
            Monitor.PulseAll(gate);
        }

        return true;
    }

    /// <summary>The next block to be read: of the first file that nobody is behind with.</summary>
    private Block? Take()
    {
        if ((free.Count == 0 && buffersLeft == 0) || (reader.Kept.IsHalfFull && busyJobs + jobs.Count > 0))
        {
            return null;
        }

        while (streams.Count > 0 && streams[0].IsAtEnd)
        {
            streams.RemoveAt(0);
        }

        var stream = streams.Take(threads).FirstOrDefault(each => !each.IsAtEnd && each.Waiting < MaxWaiting);
        if (stream is null)
        {
            return null;
        }

        if (!free.TryPop(out byte[]? buffer))
        {
            buffer = GC.AllocateUninitializedArray<byte>(BlockLength);
            buffersLeft--;
        }

        var block = stream.Take(buffer);
        block.Uses = block.InOrder.Count + 1;
        stream.Waiting += block.InOrder.Count > 0 ? 1 : 0;
        foreach (var range in block.InOrder)
        {
            range.Waiting.Enqueue(block);
        }

        return block;
    }

    private void Read(Block block)
    {
        block.Stream.Open(reader, cancellationToken).Read(block.Position, block.Bytes, "the file");
        if (block.InOrder.Count > 0)
        {
            lock (gate)
            {
                block.IsRead = true;
                foreach (var range in block.InOrder)
                {
                    Continue(range);
                }

                Monitor.PulseAll(gate);
            }
        }

        foreach (var range in block.AtOnce)
        {
            range.Consume(block.Position, block.Bytes);
        }

        Release(block);
        report(block.Bytes.Length);
    }

    /// <summary>Hands the first block that waits to a range that wants them in order.</summary>
    private void Serve(BlockRange range)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Block block;
        lock (gate)
        {
            block = range.Waiting.Peek();
        }

        range.Consume(block.Position, block.Bytes);
        lock (gate)
        {
            range.Waiting.Dequeue();
            range.IsRunning = false;
            Continue(range);
        }

        Release(block);
    }

    /// <summary>Queues a range whose next block is there.</summary>
    private void Continue(BlockRange range)
    {
        if (!range.IsRunning && range.Waiting.TryPeek(out var block) && block.IsRead)
        {
            range.IsRunning = true;
            ranges.Enqueue(range);
        }
    }

    private void Release(Block block)
    {
        lock (gate)
        {
            if (--block.Uses == 0)
            {
                free.Push(block.Buffer);
                block.Stream.Waiting -= block.InOrder.Count > 0 ? 1 : 0;
                Monitor.PulseAll(gate);
            }
        }
    }
}
