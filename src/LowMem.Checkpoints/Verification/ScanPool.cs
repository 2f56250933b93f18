using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification;

/// <summary>Does pieces of reading on all cores, in their order, with one block of memory per thread.</summary>
internal static class ScanPool
{
    /// <summary>
    /// Small enough to stay in the cache of its core between being read and being looked at, large enough that a
    /// system call costs nothing beside it. A multiple of every element size.
    /// </summary>
    private const int BlockLength = 512 << 10;

    /// <summary>More threads read no faster than memory or disk allow.</summary>
    private const int MaxThreads = 32;

    /// <exception cref="CheckpointException">A file is gone, changed or shorter than it was.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static void Run(
        IReadOnlyCollection<IScanWork> pieces,
        TensorDataReader reader,
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken)
    {
        long total = 0;
        foreach (var piece in pieces)
        {
            total = checked(total + piece.ByteLength);
        }

        var context = new ScanContext(reader, total, progress, cancellationToken);
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, MaxThreads),
            CancellationToken = cancellationToken,
        };
        try
        {
            Parallel.ForEach(
                Partitioner.Create(pieces, EnumerablePartitionerOptions.NoBuffering),
                options,
                () => ArrayPool<byte>.Shared.Rent(BlockLength),
                (piece, _, buffer) =>
                {
                    piece.Run(buffer.AsSpan(0, BlockLength), context);
                    return buffer;
                },
                buffer => ArrayPool<byte>.Shared.Return(buffer));
        }
        catch (AggregateException exception)
        {
            // One reason is enough, and it should look as if a single thread had read.
            ExceptionDispatchInfo.Throw(
                exception.InnerExceptions.FirstOrDefault(inner => inner is not OperationCanceledException)
                ?? exception.InnerExceptions[0]);
        }
    }
}
