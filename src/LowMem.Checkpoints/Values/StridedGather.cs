using System.Buffers;

namespace LowMem.Checkpoints.Values;

/// <summary>Reads elements that do not lie in row-major order, in row-major order.</summary>
/// <param name="dimensions">How they lie.</param>
/// <param name="elementSize">The bytes of one element.</param>
/// <param name="isSparing">Whether at most twice the bytes of the elements are read.</param>
internal sealed class StridedGather(StridedDimension[] dimensions, int elementSize, bool isSparing = false)
{
    /// <summary>Fills the destination with elements from a place in the packed order on.</summary>
    /// <param name="storage">Where they are.</param>
    /// <param name="start">Where the first element is in the storage, in bytes.</param>
    /// <param name="firstElement">The first that is wanted, in the packed order.</param>
    /// <param name="destination">Filled whole; not empty.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public void Read(
        IStorageBytes storage, long start, long firstElement, Span<byte> destination, CancellationToken cancellationToken)
    {
        byte[]? buffer = storage.Content is null ? ArrayPool<byte>.Shared.Rent(StridedReads.MaxRangeLength) : null;
        try
        {
            long end = firstElement + (destination.Length / elementSize);
            for (long next = firstElement; next < end;)
            {
                var box = GetBox(next, end, out long place, out long count);
                var target = destination.Slice((int)((next - firstElement) * elementSize), (int)(count * elementSize));
                long boxStart = start + (place * elementSize);
                if (storage.Content is { } content)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    StridedCopy.Run(content.Span[(int)boxStart..], target, box, elementSize);
                }
                else
                {
                    ReadBox(storage, boxStart, target, box, buffer, cancellationToken);
                }

                next += count;
            }
        }
        finally
        {
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>The bytes that are read of a file to read all elements, so many at a time, and in how many calls.</summary>
    public (Int128 Bytes, Int128 Calls) CountReads(long elementCount, long elementsAtATime)
    {
        Int128 bytes = 0;
        Int128 calls = 0;
        for (long first = 0; first < elementCount; first += elementsAtATime)
        {
            long end = Math.Min(elementCount, first + elementsAtATime);
            for (long next = first; next < end;)
            {
                var reads = new StridedReads(GetBox(next, end, out _, out long count), elementSize, isSparing);
                bytes += reads.GetLength() * elementSize;
                calls += reads.GetCount();
                next += count;
            }
        }

        return (bytes, calls);
    }

    private void ReadBox(
        IStorageBytes storage, long start, Span<byte> target, StridedDimension[] box, byte[]? buffer, CancellationToken cancellationToken)
    {
        var reads = new StridedReads(box, elementSize, isSparing);
        long steps = reads.Steps;
        for (long step = 0; step < steps; step++)
        {
            var range = reads.GetRange(step, out long source, out long to, out long length);
            bool isRun = range is [] or [{ Source: 1, Target: 1 }];
            int bytes = (int)(length * elementSize);

            // Several ranges are copied together: in the target, their elements lie side by side.
            var side = isRun || reads.Outer.Length == 0 ? new StridedDimension(1, 0, 0) : reads.Outer[^1];
            var walk = new StridedWalk(side.Target == 0 ? reads.Outer : reads.Outer.AsSpan(0, reads.Outer.Length - 1));
            long together = StridedReads.MaxRangeLength / bytes;
            do
            {
                for (long first = 0; first < side.Size; first += together)
                {
                    long from = start + ((source + walk.Source + (first * side.Source)) * elementSize);
                    var part = target[(int)((to + walk.Target + (first * side.Target)) * elementSize)..];
                    if (isRun)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        storage.Read(from, part[..bytes]);
                        continue;
                    }

                    int count = (int)Math.Min(together, side.Size - first);
                    for (int i = 0; i < count; i++)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        storage.Read(from + (i * side.Source * elementSize), buffer.AsSpan(i * bytes, bytes));
                    }

                    StridedCopy.Run(buffer.AsSpan(0, count * bytes), part, AddSide(range, side with { Size = count, Source = length }), elementSize);
                }
            }
            while (walk.MoveNext());
        }
    }

    /// <summary>The dimensions of several ranges that were read one after the other.</summary>
    private static StridedDimension[] AddSide(StridedDimension[] range, StridedDimension side)
    {
        if (side.Size == 1)
        {
            return range;
        }

        int place = range.TakeWhile(dimension => dimension.Target > side.Target).Count();
        return [.. range[..place], side, .. range[place..]];
    }

    /// <summary>The largest box of elements that follow one another in the packed order.</summary>
    /// <param name="first">The first element.</param>
    /// <param name="end">The element before which it ends.</param>
    /// <param name="place">Where the first element is in the storage, in elements from that of the tensor.</param>
    /// <param name="count">The elements of the box.</param>
    private StridedDimension[] GetBox(long first, long end, out long place, out long count)
    {
        place = 0;
        count = 1;
        long rest = first;
        for (int i = 0; i < dimensions.Length; i++)
        {
            // The step in the packed order is how many elements one index of the dimension is.
            var dimension = dimensions[i];
            long index = rest / dimension.Target;
            rest %= dimension.Target;
            place += index * dimension.Source;
            if (rest == 0 && end - first >= dimension.Target)
            {
                long size = Math.Min((end - first) / dimension.Target, dimension.Size - index);
                count = size * dimension.Target;
                return size == 1 ? dimensions[(i + 1)..] : [dimension with { Size = size }, .. dimensions[(i + 1)..]];
            }
        }

        return [];
    }
}
