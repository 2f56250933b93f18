using System.Buffers;

namespace LowMem.Checkpoints.Values;

/// <summary>The values of a tensor that is kept in pieces, as if they lay in one storage, in row-major order.</summary>
internal sealed class ChunkedGather(TensorDataReader reader, TensorInfo tensor, int elementSize, CancellationToken cancellationToken)
    : IStorageBytes
{
    /// <summary>Short stretches are read many at a time, up to so many bytes; a longer one is worth a read of its own.</summary>
    private const int BufferLength = 1 << 18;

    public ReadOnlyMemory<byte>? Content => null;

    /// <summary>The bytes that are read of a file for a piece whose elements are not in the order of its storage.</summary>
    public static Int128 CountBytesRead(TensorInfo piece)
    {
        int size = Math.Max(1, DType.Get(piece.DType).ByteSize);
        return new StridedGather(StridedDimension.Of(piece.Shape, piece.Stride), size, piece.WholeShape is not null)
            .CountReads(piece.ElementCount, BufferLength / size).Bytes;
    }

    /// <summary>Fills the destination with whole elements from a place in the packed order on.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        long firstElement = offset / elementSize;
        long end = firstElement + (destination.Length / elementSize);
        foreach (var chunk in tensor.Chunks!)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var runs = new ChunkRuns(tensor.Shape, chunk);
            long next = runs.FindFirstEndingAfter(firstElement);
            long stop = Math.Min(runs.Count, runs.FindFirstEndingAfter(end - 1) + 1);
            if (stop > next && runs.Start(stop - 1) >= end)
            {
                stop--;
            }

            long batch = BufferLength / Math.Max(1, runs.Length) / elementSize;
            while (next < stop)
            {
                long last = Math.Min(stop, next + Math.Max(1, batch));
                if (batch <= 1)
                {
                    var part = Cut(runs, next, firstElement, destination, out long skipped);
                    reader.Read(chunk.Source, ((next * runs.Length) + skipped) * elementSize, part, cancellationToken);
                }
                else
                {
                    ReadBatch(chunk.Source, runs, next, last, firstElement, destination);
                }

                next = last;
            }
        }
    }

    /// <summary>Reads several stretches in one go, and puts each where it belongs.</summary>
    private void ReadBatch(TensorInfo source, ChunkRuns runs, long first, long last, long firstElement, Span<byte> destination)
    {
        int runBytes = (int)runs.Length * elementSize;
        int length = (int)(last - first) * runBytes;
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            reader.Read(source, first * runBytes, rented.AsSpan(0, length), cancellationToken);
            for (long run = first; run < last; run++)
            {
                var part = Cut(runs, run, firstElement, destination, out long skipped);
                int place = (int)(((run - first) * runBytes) + (skipped * elementSize));
                rented.AsSpan(place, part.Length).CopyTo(part);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The part of the destination that a stretch fills.</summary>
    /// <param name="runs">The stretches of a piece.</param>
    /// <param name="run">Which of them.</param>
    /// <param name="firstElement">The element at which the destination starts.</param>
    /// <param name="destination">All of the destination.</param>
    /// <param name="skipped">How many elements of the stretch lie before the destination.</param>
    private Span<byte> Cut(ChunkRuns runs, long run, long firstElement, Span<byte> destination, out long skipped)
    {
        long start = runs.Start(run);
        long from = Math.Max(start, firstElement);
        long to = Math.Min(start + runs.Length, firstElement + (destination.Length / elementSize));
        skipped = from - start;
        return destination.Slice((int)((from - firstElement) * elementSize), (int)((to - from) * elementSize));
    }
}
