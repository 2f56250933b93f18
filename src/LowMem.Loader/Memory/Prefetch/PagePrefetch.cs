using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Loader.Memory.Prefetch;

/// <summary>
/// Reads the pages of a mapped model in the order of the files and in the background, so that whoever uses the values finds them in
/// memory: a page that is read because a value is used costs a wait of its own. It takes no memory but that of the page cache, never
/// more than is free when it begins, and nothing waits for it.
/// </summary>
/// <remarks>It ends by itself when the last tensor in the files is gone, and with the process.</remarks>
public sealed class PagePrefetch
{
    private const int BlockBytes = 2 << 20;

    // So long that the kernel reads far ahead, and so short that two threads stay near to whoever uses the values.
    private const long PieceBytes = 64 << 20;

    private const int Threads = 1;

    // What lies between two tensors of a model is seldom more.
    private const long Gap = 256 << 10;

    private readonly IReadOnlyDictionary<string, CheckpointFile> files;
    private readonly IReadOnlyList<PageRange> ranges;
    private readonly long budget;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long bytesDone;
    private long bytesRead;
    private int state;
    private volatile bool isStopped;
    private volatile bool isFull;

    private PagePrefetch(IReadOnlyDictionary<string, CheckpointFile> files, IReadOnlyList<PageRange> ranges, long budget)
    {
        this.files = files;
        this.ranges = ranges;
        this.budget = budget;
        ByteLength = ranges.Sum(range => range.End - range.Start);
    }

    /// <summary>The bytes of the files that the values take.</summary>
    public long ByteLength { get; }

    /// <summary>The bytes that have been dealt with: read, or found in memory.</summary>
    public long BytesDone => Interlocked.Read(ref bytesDone);

    /// <summary>How far it is.</summary>
    public PrefetchState State => (PrefetchState)Volatile.Read(ref state);

    /// <summary>Why it failed; null when it did not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Ends it within a few blocks of 1 MiB. What has been read stays.</summary>
    public void Stop() => isStopped = true;

    /// <summary>Waits until it has ended.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <returns>Whether it has ended.</returns>
    public bool Wait(TimeSpan timeout) => ended.Task.Wait(timeout);

    /// <inheritdoc/>
    public override string ToString() => $"{State}: {BytesDone} of {ByteLength} bytes";

    /// <summary>Begins.</summary>
    /// <param name="tensors">What lies in the mapped files.</param>
    /// <param name="files">The files as they were listed.</param>
    /// <param name="freeBytes">The memory that may become page cache.</param>
    internal static PagePrefetch Start(IEnumerable<TensorInfo> tensors, IReadOnlyDictionary<string, CheckpointFile> files, long freeBytes)
    {
        var prefetch = new PagePrefetch(files, PageRange.Of(tensors, Gap), freeBytes);
        new Thread(prefetch.Run) { IsBackground = true, Name = "LowMem prefetch" }.Start();
        return prefetch;
    }

    private void Run()
    {
        var end = PrefetchState.Failed;
        try
        {
            ReaderThreads.Run(
                GetPieces(), Threads, () => new PrefetchReader(files, BlockBytes), (piece, reader) => Read(piece, reader), CancellationToken.None);
            end = BytesDone >= ByteLength ? PrefetchState.Completed : IsWanted() ? PrefetchState.OutOfMemory : PrefetchState.Stopped;
        }
#pragma warning disable CA1031 // This thread has nobody to throw at; the values are read when they are used, and fail there.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failure = DisplayText.Line(exception.Message);
        }
        finally
        {
            Volatile.Write(ref state, (int)end);
            ended.SetResult();
        }
    }

    private IEnumerable<PageRange> GetPieces()
    {
        foreach (var range in ranges)
        {
            for (long offset = range.Start; offset < range.End && IsWanted() && !isFull; offset += PieceBytes)
            {
                yield return range with { Start = offset, End = Math.Min(offset + PieceBytes, range.End) };
            }
        }
    }

    private void Read(PageRange piece, PrefetchReader reader)
    {
        // Before any of it is read: what the kernel reads ahead then is in memory because of this, and counts.
        List<(long Offset, int Length, bool IsCached)> blocks = [];
        for (long offset = piece.Start; offset < piece.End; offset += blocks[^1].Length)
        {
            // A block is a large page of the file, so that it can be one in memory.
            int length = (int)Math.Min(BlockBytes - (offset % BlockBytes), piece.End - offset);
            blocks.Add((offset, length, reader.Prepare(piece.Path, offset, length)));
        }

        foreach (var (offset, length, isCached) in blocks)
        {
            if (!IsWanted())
            {
                return;
            }

            if (!isCached)
            {
                if (Interlocked.Add(ref bytesRead, length) > budget)
                {
                    isFull = true;
                    return;
                }

                reader.Read(piece.Path, offset, length);
            }

            Interlocked.Add(ref bytesDone, length);
        }
    }

    private bool IsWanted() => !isStopped && files.Keys.Any(path => MemoryMap.CountLive(path) > 0);
}
