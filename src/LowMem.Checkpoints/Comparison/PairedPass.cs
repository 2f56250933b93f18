using System.Buffers;
using System.Runtime.ExceptionServices;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Comparison;

/// <summary>
/// Reads two checkpoints together: of each pair of tensors the same elements at the same time, on all cores, in bounded memory.
/// Where both sides lie in their files as they are, any thread takes the next block, in the order of the reference's files. What has
/// to be put together is read from its first element to its last by one thread.
/// </summary>
internal sealed class PairedPass
{
    /// <summary>Small enough that both blocks stay in the cache of their core until they are compared.</summary>
    public const int BlockLength = 256 << 10;

    /// <summary>When both sides need a window, each of them has to do with less.</summary>
    private const int MaxWindow = 32 << 20;

    /// <summary>More threads read no faster than memory or disk allow.</summary>
    private const int MaxThreads = 32;

    private readonly object gate = new();
    private readonly TensorDataReader reference;
    private readonly TensorDataReader difference;
    private readonly Action<long> report;
    private readonly bool stopsAtFirst;
    private readonly CancellationToken cancellationToken;
    private readonly Queue<TensorPair> large = new();
    private readonly Queue<TensorPair> gathered = new();
    private readonly Queue<TensorPair> direct = new();
    private readonly Queue<(TensorPair Pair, long First)> again = new();
    private readonly HashSet<StorageExtent> shared = new(ReferenceEqualityComparer.Instance);
    private long next;
    private int busy;
    private bool isLargeBusy;
    private bool isStopped;
    private ExceptionDispatchInfo? failure;

    private PairedPass(
        TensorDataReader reference, TensorDataReader difference, IReadOnlyList<TensorPair> pairs, Action<long> report, bool stopsAtFirst, CancellationToken cancellationToken)
    {
        this.reference = reference;
        this.difference = difference;
        this.report = report;
        this.stopsAtFirst = stopsAtFirst;
        this.cancellationToken = cancellationToken;
        FindShared(pairs.Select(pair => pair.Reference));
        FindShared(pairs.Select(pair => pair.Difference));
        foreach (var pair in pairs.OrderBy(pair => pair.Reference.Path, StringComparer.Ordinal).ThenBy(GetPlace))
        {
            (pair.IsDirect ? direct : IsLarge(pair) ? large : gathered).Enqueue(pair);
        }
    }

    /// <summary>Compares the pairs.</summary>
    /// <param name="reference">Holds the files of the reference open.</param>
    /// <param name="difference">Holds the files of the difference open.</param>
    /// <param name="pairs">The pairs, none of them without elements.</param>
    /// <param name="report">Told, from several threads, the bytes that have been dealt with.</param>
    /// <param name="stopsAtFirst">Whether to stop when any element differs.</param>
    /// <param name="cancellationToken">Ends it within a few blocks.</param>
    /// <exception cref="CheckpointException">A file is gone, changed or shorter than it was.</exception>
    public static void Run(
        TensorDataReader reference, TensorDataReader difference, IReadOnlyList<TensorPair> pairs, Action<long> report, bool stopsAtFirst, CancellationToken cancellationToken)
    {
        var pass = new PairedPass(reference, difference, pairs, report, stopsAtFirst, cancellationToken);
        int threads = Math.Min(Environment.ProcessorCount, MaxThreads);
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => pass.Work());
        pass.failure?.Throw();
    }

    private static long GetPlace(TensorPair pair) => pair.Reference switch
    {
        { Storage.Deflated: var (offset, _) } => offset,
        var tensor => tensor.Offset,
    };

    private void FindShared(IEnumerable<TensorInfo> tensors)
    {
        var seen = new HashSet<StorageExtent>();
        foreach (var storage in tensors.Select(tensor => tensor.Storage).OfType<StorageExtent>().Where(storage => storage.Deflated is not null))
        {
            if (!seen.Add(storage))
            {
                shared.Add(storage);
            }
        }
    }

    private bool IsLarge(TensorPair pair)
    {
        using var left = Open(reference, pair.Reference);
        using var right = Open(difference, pair.Difference);
        return left.IsLarge || right.IsLarge;
    }

    private PackedValues Open(TensorDataReader reader, TensorInfo tensor) =>
        new(reader, tensor, tensor.Storage is { } storage && !shared.Contains(storage), cancellationToken);

    private void Work()
    {
        byte[] left = ArrayPool<byte>.Shared.Rent(BlockLength);
        byte[] right = ArrayPool<byte>.Shared.Rent(BlockLength);
        try
        {
            while (WorkOnce(left, right))
            {
            }
        }
#pragma warning disable CA1031 // Whatever it is, it is thrown again by the thread that began the pass.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            lock (gate)
            {
                failure ??= ExceptionDispatchInfo.Capture(exception);
                Monitor.PulseAll(gate);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(left);
            ArrayPool<byte>.Shared.Return(right);
        }
    }

    private bool WorkOnce(byte[] left, byte[] right)
    {
        TensorPair? pair;
        long first = -1;
        bool isLarge = false;
        bool isAgain = false;
        lock (gate)
        {
            while (true)
            {
                if (failure is not null || isStopped)
                {
                    return false;
                }

                if (!isLargeBusy && large.TryDequeue(out pair))
                {
                    isLarge = isLargeBusy = true;
                    break;
                }

                if (gathered.TryDequeue(out pair))
                {
                    break;
                }

                if (again.TryDequeue(out var block))
                {
                    (pair, first) = block;
                    isAgain = true;
                    break;
                }

                if (TakeDirect(out pair, out first))
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
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (isAgain)
        {
            LookAgain(pair, first, left);
        }
        else if (first >= 0)
        {
            Compare(pair, first, left, right);
        }
        else
        {
            Gather(pair);
        }

        lock (gate)
        {
            busy--;
            isLargeBusy &= !isLarge;
            isStopped |= stopsAtFirst && pair.HasDifference;
            Monitor.PulseAll(gate);
        }

        return true;
    }

    private bool TakeDirect([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TensorPair? pair, out long first)
    {
        first = next;
        if (!direct.TryPeek(out pair))
        {
            return false;
        }

        next += pair.BlockCount;
        if (next >= pair.Count)
        {
            direct.Dequeue();
            next = 0;
        }

        return true;
    }

    private void Compare(TensorPair pair, long first, byte[] left, byte[] right)
    {
        int count = (int)Math.Min(pair.BlockCount, pair.Count - first);
        var one = Read(reference, pair.Reference, pair.ReferenceNumbers, first, count, left);
        var other = Read(difference, pair.Difference, pair.DifferenceNumbers, first, count, right);
        if (pair.Compare(one, other, first, count, maySkip: true))
        {
            lock (gate)
            {
                foreach (long block in pair.Skipped)
                {
                    again.Enqueue((pair, block));
                }
            }
        }

        report(one.Length + other.Length);
    }

    private void LookAgain(TensorPair pair, long first, byte[] buffer)
    {
        int count = (int)Math.Min(pair.BlockCount, pair.Count - first);
        pair.LookAgain(Read(reference, pair.Reference, pair.ReferenceNumbers, first, count, buffer), first, count);
    }

    private Span<byte> Read(TensorDataReader reader, TensorInfo tensor, ComparedNumbers numbers, long first, int count, byte[] buffer)
    {
        var bytes = buffer.AsSpan(0, (int)numbers.GetByteLength(count));
        reader.Read(tensor, numbers.GetByteLength(first), bytes, cancellationToken);
        return bytes;
    }

    /// <summary>Reads both sides by windows, and compares them block by block.</summary>
    private void Gather(TensorPair pair)
    {
        using var left = Open(reference, pair.Reference);
        using var right = Open(difference, pair.Difference);
        int most = left.WindowLength > BlockLength && right.WindowLength > BlockLength ? MaxWindow : int.MaxValue;
        int blocks = Math.Max(1, Math.Min(most, Math.Max(left.WindowLength, right.WindowLength)) / BlockLength);
        long window = Math.Min((long)pair.BlockCount * blocks, pair.Count);
        using var one = new LargeBuffer((int)pair.ReferenceNumbers.GetByteLength(window));
        using var other = new LargeBuffer((int)pair.DifferenceNumbers.GetByteLength(window));
        for (long first = 0; first < pair.Count; first += window)
        {
            long numbers = Math.Min(window, pair.Count - first);
            var bytes = one.GetSpan()[..(int)pair.ReferenceNumbers.GetByteLength(numbers)];
            var otherBytes = other.GetSpan()[..(int)pair.DifferenceNumbers.GetByteLength(numbers)];
            left.Read(bytes);
            right.Read(otherBytes);
            for (long done = 0; done < numbers; done += pair.BlockCount)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = (int)Math.Min(pair.BlockCount, numbers - done);
                pair.Compare(
                    bytes[(int)pair.ReferenceNumbers.GetByteLength(done)..][..(int)pair.ReferenceNumbers.GetByteLength(count)],
                    otherBytes[(int)pair.DifferenceNumbers.GetByteLength(done)..][..(int)pair.DifferenceNumbers.GetByteLength(count)],
                    first + done,
                    count,
                    maySkip: false);
            }

            report(bytes.Length + otherBytes.Length);
        }
    }
}
