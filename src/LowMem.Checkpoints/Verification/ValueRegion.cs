using System.Buffers;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification;

/// <summary>
/// A range of a storage that is the values of one tensor, or of several that are tied. Counted block by block, from
/// several threads and in any order.
/// </summary>
/// <param name="start">Where it begins, in bytes from the start of the storage.</param>
/// <param name="length">Its bytes.</param>
/// <param name="type">The element type.</param>
/// <param name="isBigEndian">True when elements have their most significant byte first.</param>
internal sealed class ValueRegion(long start, long length, DType type, bool isBigEndian)
{
    private readonly Lock gate = new();
    private ValueCounts counts = ValueCounts.None;

    public long Start => start;

    public long Length => length;

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

    /// <summary>Counts what a block of the storage holds of this region.</summary>
    /// <param name="blockStart">Where the block begins, in bytes from the start of the storage.</param>
    /// <param name="block">The block; it is not changed, and does not cut elements of the region.</param>
    public void Count(long blockStart, ReadOnlySpan<byte> block)
    {
        long first = Math.Max(start, blockStart);
        long end = Math.Min(start + length, blockStart + block.Length);
        if (first >= end)
        {
            return;
        }

        var part = block.Slice((int)(first - blockStart), (int)(end - first));
        Add(isBigEndian ? CountReversed(part) : ValueCounter.Count(type, part), first - start);
    }

    /// <summary>Adds what was counted elsewhere.</summary>
    /// <param name="found">The counts.</param>
    /// <param name="byteOffset">Where the counted bytes begin in the packed values.</param>
    public void Add(ValueCounts found, long byteOffset)
    {
        if (found.FirstNonFinite >= 0)
        {
            long before = byteOffset / type.ByteSize * ValueCounter.NumbersPerElement(type);
            found = found with { FirstNonFinite = before + found.FirstNonFinite };
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
