using System.Buffers;

namespace LowMem.Checkpoints.Values;

/// <summary>
/// Puts the values of one tensor together, and hands them over in their packed order: from storages that were kept in memory,
/// or else by reading what is needed once more.
/// </summary>
/// <param name="view">The tensor, or a part of it.</param>
internal sealed class GatherJob(TensorView view) : IPassJob
{
    /// <summary>
    /// The values that are put together at a time when their storage is in no memory: the more, the longer the runs that are
    /// read; the fewer, the less memory.
    /// </summary>
    private static readonly int[] WindowLengths = [1 << 20, 4 << 20, 16 << 20, 64 << 20];

    /// <summary>Runs of fewer bytes cost more to be read one by one than to be looked at.</summary>
    private const int LongRun = 1024;

    private const int BlockLength = 512 << 10;

    /// <summary>The values that are put together at a time from a storage in memory: long enough to use what is in the cache.</summary>
    private const int InMemoryLength = 4 << 20;

    /// <summary>One window at a time is enough memory.</summary>
    private static readonly Lock Window = new();

    private readonly HashSet<KeptStorage> storages = [];
    private Action<IPassJob>? ready;

    // The first is taken away when the pass begins, so that nothing is ready before.
    private int missing = 1;

    public List<IBlockConsumer> Consumers { get; } = [];

    /// <summary>The storages that are kept for it.</summary>
    public IReadOnlyCollection<KeptStorage> Storages => storages;

    /// <summary>What is read for it: the tensor, or the pieces that it is in.</summary>
    public IEnumerable<TensorInfo> Sources => view.Tensor.Chunks?.Select(chunk => chunk.Source) ?? [view.Tensor];

    public long ByteLength => view.ByteLength;

    /// <summary>Whether it may need more than one storage.</summary>
    public bool IsInPieces => view.Tensor.Chunks is not null;

    /// <summary>Adds a storage that is kept for it.</summary>
    public void WaitFor(KeptStorage storage)
    {
        if (storages.Add(storage))
        {
            storage.Add(this);
            missing++;
        }
    }

    /// <summary>Says whom to tell when everything is there, which may be at once.</summary>
    public void Start(Action<IPassJob> whenReady)
    {
        ready = whenReady;
        Arrive();
    }

    /// <summary>Says that one of the storages is there, or will not be.</summary>
    public void Arrive()
    {
        if (Interlocked.Decrement(ref missing) == 0)
        {
            ready!(this);
        }
    }

    /// <summary>
    /// The bytes that are read of files to put a tensor together when its storage is not kept; of a tensor in pieces, those of all
    /// pieces.
    /// </summary>
    public static Int128 CountBytesRead(TensorInfo tensor) => tensor.Chunks is { } chunks
        ? Int128.Max(tensor.ByteLength, chunks.Aggregate(Int128.Zero, (sum, chunk) => sum + CountBytesRead(chunk.Source, ChunkedGather.CountBytesRead)))
        : CountBytesRead(tensor, static whole => ChooseWindow(new TensorView(whole)).BytesRead);

    private static Int128 CountBytesRead(TensorInfo tensor, Func<TensorInfo, Int128> count)
    {
        bool isKept = tensor.Storage is null or { Offset: < 0 } or { ByteLength: <= KeptStorage.MaxLength };
        return isKept || tensor.IsContiguous ? tensor.ByteLength : count(tensor);
    }

    /// <summary>The smallest window with which what is read comes in long runs, of nearly nothing but values; else the largest.</summary>
    internal static (int Length, Int128 BytesRead) ChooseWindow(TensorView view)
    {
        int size = Math.Max(1, DType.Get(view.Tensor.DType).ByteSize);
        var gather = new StridedGather(StridedDimension.Of(view.Shape, view.Stride), size, view.IsSparing);
        (Int128 Bytes, Int128 Calls) reads = default;
        foreach (int length in WindowLengths)
        {
            reads = gather.CountReads(view.ElementCount, length / size);
            if ((reads.Bytes <= (Int128)view.ByteLength * 5 / 4 && reads.Calls * LongRun <= reads.Bytes) || length >= view.ByteLength)
            {
                return (length, reads.Bytes);
            }
        }

        return (WindowLengths[^1], reads.Bytes);
    }

    /// <param name="reader">Holds the files open.</param>
    /// <param name="done">Told the bytes of each block that has been dealt with.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public void Run(TensorDataReader reader, Action<long> done, CancellationToken cancellationToken)
    {
        bool isFromFile = view is { IsContiguous: false, Tensor: { Chunks: null, Storage.Offset: >= 0 } } && reader.Kept.Find(view.Tensor) is null;
        if (isFromFile && view.ByteLength > BlockLength)
        {
            lock (Window)
            {
                using var window = new LargeBuffer((int)Math.Min(view.ByteLength, ChooseWindow(view).Length));
                Run(reader, window.GetSpan(), done, cancellationToken);
            }
        }
        else
        {
            int length = view.IsContiguous || view.ByteLength <= BlockLength ? BlockLength : InMemoryLength;
            byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
            Run(reader, buffer.AsSpan(0, length), done, cancellationToken);
            ArrayPool<byte>.Shared.Return(buffer);
        }

        foreach (var storage in storages)
        {
            storage.Release();
        }
    }

    private void Run(TensorDataReader reader, Span<byte> window, Action<long> done, CancellationToken cancellationToken)
    {
        for (long position = 0; position < view.ByteLength; position += window.Length)
        {
            var values = window[..(int)Math.Min(window.Length, view.ByteLength - position)];
            reader.Read(view, position, values, cancellationToken);
            for (int start = 0; start < values.Length; start += BlockLength)
            {
                var block = values.Slice(start, Math.Min(BlockLength, values.Length - start));
                foreach (var consumer in Consumers)
                {
                    consumer.Consume(position + start, block);
                }

                done(block.Length);
            }
        }

        foreach (var consumer in Consumers)
        {
            consumer.Complete();
        }
    }
}
