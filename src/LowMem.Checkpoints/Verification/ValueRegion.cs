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
internal sealed class ValueRegion(long start, DType type, bool isBigEndian) : ElementConsumer(type.ByteSize)
{
    private readonly Lock gate = new();
    private ValueCounts counts = ValueCounts.None;

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

    protected override void ConsumeElements(long first, ReadOnlySpan<byte> elements)
    {
        var found = isBigEndian ? CountReversed(elements) : ValueCounter.Count(type, elements);
        if (found.FirstNonFinite >= 0)
        {
            found = found with { FirstNonFinite = (first * ValueCounter.NumbersPerElement(type)) + found.FirstNonFinite };
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
