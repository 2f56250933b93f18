using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using static TorchSharp.torch;

namespace LowMem.Loader.Memory;

/// <summary>
/// Reads tensors from a checkpoint straight into the memory they are to stay in: once, on all cores, and with no second
/// copy of any tensor. A cast goes through one small block per thread.
/// </summary>
internal sealed class ResidentReader : IDisposable
{
    // Large enough that a read costs more than its bookkeeping, small enough that each thread has one on its way.
    private const int BlockBytes = 1 << 20;

    // Every thread holds one of these, in the type of the file.
    private const int CastBlockBytes = 512 << 10;

    // So few that a thread more would find nothing to do.
    private const long BytesPerThread = 2 << 20;

    /// <summary>The most that the blocks for casts take at a time.</summary>
    public const long MaxCastBufferBytes = CastBlockBytes * (long)ReaderThreads.MaxCount;

    // Reading waits for the disk, casting does not: libtorch has threads of its own for it.
    private readonly SemaphoreSlim cores = new(Environment.ProcessorCount);

    private readonly TensorDataReader reader;
    private readonly Action<long> onBytesRead;

    /// <summary>Creates the reader.</summary>
    /// <param name="reader">Where the bytes come from; stays the caller's.</param>
    /// <param name="onBytesRead">Told the bytes of each finished block, from any thread.</param>
    public ResidentReader(TensorDataReader reader, Action<long> onBytesRead)
    {
        this.reader = reader;
        this.onBytesRead = onBytesRead;
    }

    /// <summary>Reads all of the tensors.</summary>
    /// <exception cref="CheckpointException">A file is gone, changed or shorter than it was.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; destinations are filled in part.</exception>
    public void Read(IEnumerable<ReadJob> jobs, CancellationToken cancellationToken)
    {
        reader.ReadAhead(jobs.Select(job => job.Source), cancellationToken);
        var bytes = jobs.Sum(job => (double)DType.Get(job.Source.DType).GetByteLength(job.Source.ElementCount));
        ReaderThreads.Run(
            jobs.SelectMany(GetBlocks),
            (int)Math.Clamp(bytes / BytesPerThread, 1, ReaderThreads.MaxCount),
            () => new CastBuffer(CastBlockBytes),
            (block, buffer) =>
            {
                Read(block, buffer, cancellationToken);
                onBytesRead(block.ByteLength);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => cores.Dispose();

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

    private unsafe void Read(Block block, CastBuffer buffer, CancellationToken cancellationToken)
    {
        var source = block.Job.Source;
        if (!block.IsCast)
        {
            reader.Read(source, block.Offset, new Span<byte>((byte*)block.Address + block.Offset, block.ByteLength), cancellationToken);
            return;
        }

        var values = buffer.Get(block.Job.SourceType, block.ElementSize);
        var bytes = new Span<byte>((void*)NativeTensors.AddressOf(values), block.ByteLength);
        reader.Read(source, block.Offset, bytes, cancellationToken);
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

    private static void Cast(Block block, Tensor values, int count)
    {
        using var noGrad = no_grad();
        using var read = values.narrow(0, 0, count);
        using var flat = block.Job.Destination.view(-1);
        using var place = flat.narrow(0, block.Offset / block.ElementSize, count);
        place.copy_(read);
    }

    private sealed record Block(ReadJob Job, bool IsCast, nint Address, int ElementSize, long Offset, int ByteLength);

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
