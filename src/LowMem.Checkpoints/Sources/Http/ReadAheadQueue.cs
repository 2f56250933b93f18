namespace LowMem.Checkpoints.Sources.Http;

/// <summary>
/// Fetches ranges that are known to be read, several at a time and in the order of the file, and holds each until it was read.
/// Near ones are one request. Memory is bounded: who is slow is waited for.
/// </summary>
internal sealed class ReadAheadQueue : IDisposable
{
    /// <summary>What lies between two ranges, and is fetched rather than asked around.</summary>
    public const int NearGap = 16 << 10;

    private const int ChunkLength = 4 << 20;

    /// <summary>Requests at a time.</summary>
    private const int Parallel = 8;

    /// <summary>Chunks that were fetched and not yet read, or are being fetched.</summary>
    private const int MostHeld = 12;

    private readonly RemoteFile file;
    private readonly CancellationTokenSource stop;
    private readonly Lock gate = new();
    private readonly List<Chunk> chunks = [];
    private readonly Stack<byte[]> free = [];
    private int next;
    private int held;
    private int running;
    private bool isStarted;

    public ReadAheadQueue(RemoteFile file, IEnumerable<ByteRange> ranges, CancellationToken cancellationToken)
    {
        this.file = file;
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wanted = Join(ranges, maxGap: 0).ToList();
        int first = 0;
        foreach (var range in Join(wanted, NearGap))
        {
            for (long offset = range.Offset; offset < range.End; offset += ChunkLength)
            {
                var chunk = new Chunk(offset, (int)Math.Min(ChunkLength, range.End - offset));
                for (int i = first; i < wanted.Count && wanted[i].Offset < chunk.End; i++)
                {
                    chunk.Left += (int)(Math.Min(wanted[i].End, chunk.End) - Math.Max(wanted[i].Offset, chunk.Offset));
                    first = wanted[i].End <= chunk.End ? i + 1 : first;
                }

                chunks.Add(chunk);
            }
        }
    }

    /// <summary>Whether anything is to be fetched.</summary>
    public bool IsEmpty => chunks.Count == 0;

    /// <summary>Copies what is, or will be, there from a place on; 0 when it is in none of the ranges, or was read before.</summary>
    public int Take(long offset, Span<byte> destination, CancellationToken cancellationToken)
    {
        Chunk chunk;
        Task<byte[]> task;
        lock (gate)
        {
            int index = Find(offset);
            if (index < 0 || chunks[index].IsDone)
            {
                return 0;
            }

            chunk = chunks[index];
            isStarted = true;
            task = chunk.Task ?? Start(chunk);
            StartMore();
        }

        byte[] bytes;
        try
        {
            task.Wait(cancellationToken);
            bytes = task.GetAwaiter().GetResult();
        }
        catch (AggregateException)
        {
            bytes = task.GetAwaiter().GetResult();
        }

        int from = (int)(offset - chunk.Offset);
        int count = Math.Min(destination.Length, chunk.Length - from);
        lock (gate)
        {
            if (chunk.IsDone)
            {
                return 0;
            }

            bytes.AsSpan(from, count).CopyTo(destination);
            chunk.Left -= count;
            if (chunk.Left <= 0)
            {
                Release(chunk, bytes);
                StartMore();
            }
        }

        return count;
    }

    /// <summary>The bytes from a place on up to the next range; a very large number when there is none.</summary>
    public long FindRoom(long offset)
    {
        lock (gate)
        {
            int index = FindBehind(offset);
            return index < chunks.Count ? chunks[index].Offset - offset : long.MaxValue;
        }
    }

    public void Dispose()
    {
        stop.Cancel();
        lock (gate)
        {
            chunks.Clear();
            free.Clear();
        }

        stop.Dispose();
    }

    /// <summary>The ranges in the order of the file, near ones as one.</summary>
    private static IEnumerable<ByteRange> Join(IEnumerable<ByteRange> ranges, int maxGap)
    {
        ByteRange joined = default;
        foreach (var range in ranges.Where(range => range.Length > 0).OrderBy(range => range.Offset).ThenBy(range => range.Length))
        {
            if (joined.Length > 0 && range.Offset <= joined.End + maxGap)
            {
                joined = joined with { Length = Math.Max(joined.End, range.End) - joined.Offset };
                continue;
            }

            if (joined.Length > 0)
            {
                yield return joined;
            }

            joined = range;
        }

        if (joined.Length > 0)
        {
            yield return joined;
        }
    }

    private void StartMore()
    {
        while (isStarted && next < chunks.Count && held < MostHeld && running < Parallel && !stop.IsCancellationRequested)
        {
            var chunk = chunks[next++];
            if (chunk.Task is null && !chunk.IsDone)
            {
                Start(chunk);
            }
        }
    }

    private Task<byte[]> Start(Chunk chunk)
    {
        held++;
        running++;
        byte[] buffer = chunk.Length == ChunkLength && free.TryPop(out byte[]? used) ? used : GC.AllocateUninitializedArray<byte>(chunk.Length);
        var token = stop.Token;
        chunk.Task = Task.Run(
            async () =>
            {
                try
                {
                    await file.FetchAsync(chunk.Offset, buffer.AsMemory(0, chunk.Length), token).ConfigureAwait(false);
                    return buffer;
                }
                finally
                {
                    lock (gate)
                    {
                        running--;
                        StartMore();
                    }
                }
            },
            token);

        // Nobody may come to see how it went.
        _ = chunk.Task.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return chunk.Task;
    }

    private void Release(Chunk chunk, byte[] bytes)
    {
        chunk.IsDone = true;
        chunk.Task = null;
        held--;

        // A model may have a thousand files, and all of them stay open.
        if (next >= chunks.Count)
        {
            free.Clear();
        }
        else if (bytes.Length == ChunkLength)
        {
            free.Push(bytes);
        }
    }

    private int Find(long offset)
    {
        int index = FindBehind(offset) - 1;
        return index >= 0 && offset < chunks[index].Offset + chunks[index].Length ? index : -1;
    }

    private int FindBehind(long offset)
    {
        int low = 0;
        int high = chunks.Count;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            (low, high) = chunks[middle].Offset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private sealed class Chunk(long offset, int length)
    {
        public long Offset { get; } = offset;

        public int Length { get; } = length;

        public long End => Offset + Length;

        /// <summary>The bytes that somebody will still read.</summary>
        public int Left { get; set; }

        public Task<byte[]>? Task { get; set; }

        public bool IsDone { get; set; }
    }
}
