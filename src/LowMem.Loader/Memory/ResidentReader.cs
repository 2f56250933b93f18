using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using static TorchSharp.torch;

namespace LowMem.Loader.Memory;

/// <summary>
/// Reads tensors from a checkpoint straight into the memory they are to stay in: once, on all cores, and with no second
/// copy of any tensor. A cast goes through one small block per thread.
/// </summary>
internal sealed class ResidentReader
{
    // Large enough that a read costs more than its bookkeeping, small enough to share a tensor out between threads.
    private const int BlockBytes = 16 << 20;

    // Every thread holds one of these, in the type of the file.
    private const int CastBlockBytes = 2 << 20;

    // More threads do not fill memory any faster, and each has a block for casts.
    private const int MaxThreads = 16;

    /// <summary>The most that the blocks for casts take at a time.</summary>
    public static long MaxCastBufferBytes => CastBlockBytes * (long)ThreadCount;

    private static int ThreadCount => Math.Min(Environment.ProcessorCount, MaxThreads);

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
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = ThreadCount,
            CancellationToken = cancellationToken,
        };

        // A worker may be replaced by one on another thread many times. With a block of its own each time, what one thread
        // frees the C heap keeps for that thread, and the blocks would add up.
        var buffers = new ConcurrentBag<CastBuffer>();

        // Without buffering the threads take blocks in file order, one at a time.
        var blocks = Partitioner.Create(jobs.SelectMany(GetBlocks), EnumerablePartitionerOptions.NoBuffering);
        try
        {
            Parallel.ForEach(
                blocks,
                options,
                () => buffers.TryTake(out var free) ? free : new CastBuffer(CastBlockBytes),
                (block, _, buffer) =>
                {
                    Read(block, buffer, cancellationToken);
                    onBytesRead(block.ByteLength);
                    return buffer;
                },
                buffers.Add);
        }
        catch (AggregateException error)
        {
            // One reason is enough, and it should look as if a single thread had read.
            ExceptionDispatchInfo.Throw(
                error.InnerExceptions.FirstOrDefault(inner => inner is not OperationCanceledException) ?? error.InnerExceptions[0]);
        }
        finally
        {
            foreach (var buffer in buffers)
            {
                buffer.Dispose();
            }
        }
    }

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
