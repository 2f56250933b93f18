using System.Buffers;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification;

/// <summary>
/// A range of a storage that is the values of one tensor, or of several that are tied. Counted block by block, from
/// several threads and in any order.
/// </summary>
/// <param name="start">Where it begins, in bytes from the start of the storage.</param>
/// <param name="type">The element type.</param>
/// <param name="isBigEndian">True when elements have their most significant byte first.</param>
internal sealed class ValueRegion(long start, DType type, bool isBigEndian) : IBlockConsumer
{
    private readonly Lock gate = new();

    /// <summary>The elements of which a part was in one block and the rest is in others.</summary>
    private readonly Dictionary<long, (byte[] Bytes, int Count)> cut = [];
    private ValueCounts counts = ValueCounts.None;

    public bool IsInOrder => false;

    public long Start => start;

    public DType Type => type;

    /// <summary>What was counted so far.</summary>
    public ValueCounts Counts
    {
        get
        {
            lock (gate)
            {
                return counts;
            }
        }
    }

    public void Consume(long position, ReadOnlySpan<byte> block)
    {
        int size = type.ByteSize;
        int first = (int)(position % size);
        if (first > 0)
        {
            int count = Math.Min(size - first, block.Length);
            AddCut(position / size, first, block[..count]);
            block = block[count..];
            position += count;
        }

        int last = block.Length % size;
        if (last > 0)
        {
            AddCut((position + block.Length) / size, 0, block[^last..]);
            block = block[..^last];
        }

        if (!block.IsEmpty)
        {
            Count(position / size, block);
        }
    }

    public void Complete()
    {
    }

    private void AddCut(long element, int offset, ReadOnlySpan<byte> part)
    {
        byte[] bytes;
        lock (gate)
        {
            (bytes, int count) = cut.TryGetValue(element, out var known) ? known : (new byte[type.ByteSize], 0);
            part.CopyTo(bytes.AsSpan(offset));
            count += part.Length;
            cut[element] = (bytes, count);
            if (count < bytes.Length)
            {
                return;
            }

            cut.Remove(element);
        }

        Count(element, bytes);
    }

    private void Count(long element, ReadOnlySpan<byte> elements)
    {
        var found = isBigEndian ? CountReversed(elements) : ValueCounter.Count(type, elements);
        if (found.FirstNonFinite >= 0)
        {
            found = found with { FirstNonFinite = (element * ValueCounter.NumbersPerElement(type)) + found.FirstNonFinite };
        }

        lock (gate)
        {
            counts += found;
        }
    }

    private ValueCounts CountReversed(ReadOnlySpan<byte> part)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(part.Length);
        try
        {
            var elements = copy.AsSpan(0, part.Length);
            part.CopyTo(elements);
            ElementBits.ReverseByteOrder(elements, type);
            return ValueCounter.Count(type, elements);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
