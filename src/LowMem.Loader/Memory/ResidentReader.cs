using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Memory.Direct;
using static TorchSharp.torch;

namespace LowMem.Loader.Memory;

/// <summary>
/// Reads tensors from a checkpoint straight into the memory they are to stay in: once, on all cores, and with no second
/// copy of any tensor. A cast goes through one small block per thread.
/// </summary>
internal sealed class ResidentReader : IDisposable
{
    // Large enough that a read costs more than its bookkeeping, small enough that each thread has one on its way.
    private const int BlockBytes = (2 << 20) - (2 * DirectBuffer.Alignment);

    // Every thread holds one of these, in the type of the file.
    private const int CastBlockBytes = 512 << 10;

    // So few that a thread more would find nothing to do.
    private const long BytesPerThread = 2 << 20;

    // Reading waits for the disk, casting does not: libtorch has threads of its own for it.
    private readonly SemaphoreSlim cores = new(Environment.ProcessorCount);

    private readonly TensorDataReader reader;
    private readonly DirectFiles direct;
    private readonly Action<long> onBytesRead;

    /// <summary>Creates the reader.</summary>
    /// <param name="reader">Where the bytes come from; stays the caller's.</param>
    /// <param name="files">The files as they were listed; those that are not in the page cache are read past it.</param>
    /// <param name="onBytesRead">Told the bytes of each finished block, from any thread.</param>
    public ResidentReader(TensorDataReader reader, IReadOnlyList<CheckpointFile> files, Action<long> onBytesRead)
    {
        direct = new DirectFiles(files);
        this.reader = reader;
        this.onBytesRead = onBytesRead;
    }

    /// <summary>The most that the blocks of all threads take at a time.</summary>
    /// <param name="byteLength">How many bytes are to be read.</param>
    /// <param name="isCast">Whether any of them change their type.</param>
    public static long GetBufferBytes(long byteLength, bool isCast) =>
        byteLength == 0 ? 0 : GetThreadCount(byteLength) * ((isCast ? CastBlockBytes : 0L) + BlockBytes + (2 * DirectBuffer.Alignment));

    /// <summary>Reads all of the tensors.</summary>
    /// <exception cref="CheckpointException">A file is gone, changed or shorter than it was.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; destinations are filled in part.</exception>
    public void Read(IReadOnlyCollection<ReadJob> jobs, CancellationToken cancellationToken)
    {
        reader.ReadAhead(jobs.Select(job => job.Source), cancellationToken);
        var bytes = jobs.Sum(job => (double)DType.Get(job.Source.DType).GetByteLength(job.Source.ElementCount));
        ReaderThreads.Run(
            jobs.SelectMany(GetBlocks),
            GetThreadCount(bytes),
            () => new ThreadBuffers(),
            (block, buffer) =>
            {
                Read(block, buffer, cancellationToken);
                onBytesRead(block.ByteLength);
            },
            cancellationToken);
    }

    /// <summary>Makes sure that no file was written to since it was listed.</summary>
    /// <exception cref="CheckpointException">One was.</exception>
    public void CheckUnchanged()
    {
        reader.CheckUnchanged();
        direct.CheckUnchanged();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        direct.Dispose();
        cores.Dispose();
    }

    private static int GetThreadCount(double byteLength) => (int)Math.Clamp(byteLength / BytesPerThread, 1, ReaderThreads.MaxCount);

    private static IEnumerable<Block> GetBlocks(ReadJob job)
    {
        var elementSize = job.ElementSize;
        var source = job.Source;
        var length = DType.Get(source.DType).GetByteLength(source.ElementCount);
        if (length == 0)
        {
            yield break;
        }

        var isCast = job.IsCast;
        var address = NativeTensors.AddressOf(job.Destination);
        var step = isCast ? CastBlockBytes : BlockBytes;
        for (long offset = 0; offset < length; offset += step)
        {
            yield return new Block(job, isCast, address, elementSize, offset, (int)Math.Min(step, length - offset));
        }
    }

    private unsafe void Read(Block block, ThreadBuffers buffers, CancellationToken cancellationToken)
    {
        var source = block.Job.Source;
        if (!block.IsCast)
        {
            Read(source, block.Offset, new Span<byte>((byte*)block.Address + block.Offset, block.ByteLength), buffers, cancellationToken);
            return;
        }

        var values = buffers.Cast.Get(block.Job.SourceType, block.ElementSize);
        var bytes = new Span<byte>((void*)NativeTensors.AddressOf(values), block.ByteLength);
        Read(source, block.Offset, bytes, buffers, cancellationToken);
        var count = block.ByteLength / block.ElementSize;
        cores.Wait(cancellationToken);
        try
        {
            Cast(block, values, count);
        }
        finally
        {
            cores.Release();
        }
    }

    private void Read(TensorInfo source, long offset, Span<byte> bytes, ThreadBuffers buffers, CancellationToken cancellationToken)
    {
        if (!direct.TryRead(source, offset, bytes, buffers.Direct))
        {
            reader.Read(source, offset, bytes, cancellationToken);
        }
    }

    private static void Cast(Block block, Tensor values, int count)
    {
        using var noGrad = no_grad();
        using var read = values.narrow(0, 0, count);
        using var flat = block.Job.Destination.view(-1);
        using var place = flat.narrow(0, block.Offset / block.ElementSize, count);
        place.copy_(read);
    }

    private sealed record Block(ReadJob Job, bool IsCast, nint Address, int ElementSize, long Offset, int ByteLength);

    private sealed class ThreadBuffers : IDisposable
    {
        public CastBuffer Cast { get; } = new(CastBlockBytes);

        public DirectBuffer Direct { get; } = new(BlockBytes);

        public void Dispose()
        {
            Cast.Dispose();
            Direct.Dispose();
        }
    }

    /// <summary>One thread's block of values in the type of the file.</summary>
    private sealed class CastBuffer(int byteLength) : IDisposable
    {
        private Tensor? values;

        public Tensor Get(ScalarType type, int elementSize)
        {
            if (values?.dtype != type)
            {
                values?.Dispose();
                values = empty(byteLength / elementSize, dtype: type, device: CPU).DetachFromDisposeScope();
            }

            return values;
        }

        public void Dispose() => values?.Dispose();
    }
}
