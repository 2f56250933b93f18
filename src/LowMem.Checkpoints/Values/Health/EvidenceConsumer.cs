using System.Buffers;

namespace LowMem.Checkpoints.Values.Health;

/// <summary>
/// Gathers what the health rules need to know of the values of one tensor, or of several that are tied. It costs little enough
/// to be done for every tensor. Blocks come from several threads and in any order.
/// </summary>
/// <param name="start">Where the values begin, in bytes from the start of the storage.</param>
/// <param name="type">A type of <see cref="CanExamine"/>.</param>
/// <param name="byteLength">The bytes of the values.</param>
/// <param name="isBigEndian">True when elements have their most significant byte first.</param>
internal sealed class EvidenceConsumer(long start, DType type, long byteLength, bool isBigEndian) : ElementConsumer(type.ByteSize)
{
    private readonly Lock gate = new();
    private readonly MagnitudeSample? sample = HasMagnitudes(type) ? new(type, byteLength / type.ByteSize) : null;

    public long Start => start;

    public DType Type => type;

    /// <summary>What was counted so far. Of integers, whether all are zero.</summary>
    public ValueCounts Counts { get; private set; } = ValueCounts.None;

    /// <summary>How large the numbers are.</summary>
    public ValueExtremes Extremes { get; private set; } = ValueExtremes.None;

    /// <summary>What a sample says, once all has come.</summary>
    public MagnitudeSummary Sample { get; private set; }

    /// <summary>Whether there are rules for values of that type.</summary>
    public static bool CanExamine(DType type) => ValueCounter.CanCount(type)
        || (type.Kind is DTypeKind.Integer or DTypeKind.Quantized && type.BitSize % 8 == 0);

    /// <summary>Takes a block of which others have counted what there is, but for the denormal numbers.</summary>
    /// <param name="first">The number of the first element.</param>
    /// <param name="elements">Whole elements, little-endian, all of them finite and not all of them the same.</param>
    /// <param name="zeros">How many are zero.</param>
    /// <param name="largest">The greatest magnitude.</param>
    /// <param name="pattern">The bits of one of them.</param>
    public void AddCounted(long first, ReadOnlySpan<byte> elements, long zeros, double largest, long pattern)
    {
        sample?.Add(first, elements);
        lock (gate)
        {
            Counts += new ValueCounts(elements.Length / type.ByteSize, 0, 0, zeros, 0, -1);
            Extremes += new ValueExtremes(largest, pattern, AreSame: false);
        }
    }

    /// <summary>Takes a block of which others count the denormal numbers.</summary>
    /// <param name="first">The number of the first element.</param>
    /// <param name="elements">Whole elements, little-endian.</param>
    public void AddButDenormal(long first, ReadOnlySpan<byte> elements) => Examine(first, elements, countsDenormal: false);

    /// <summary>Takes the number of denormal numbers that the two above left to others.</summary>
    public void AddDenormal(long count) => Counts += ValueCounts.None with { Denormal = count };

    public override void Complete() => Sample = sample?.Conclude() ?? default;

    protected override void ConsumeElements(long first, ReadOnlySpan<byte> elements)
    {
        if (!isBigEndian || type.ByteSize == 1)
        {
            Examine(first, elements, countsDenormal: true);
            return;
        }

        byte[] copy = ArrayPool<byte>.Shared.Rent(elements.Length);
        try
        {
            var reversed = copy.AsSpan(0, elements.Length);
            elements.CopyTo(reversed);
            ElementBits.ReverseByteOrder(reversed, type);
            Examine(first, reversed, countsDenormal: true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    /// <summary>Codes of eight bits and fewer mean nothing without their scales.</summary>
    private static bool HasMagnitudes(DType type) => type.Kind is DTypeKind.Floating or DTypeKind.Complex && type.BitSize >= 16;

    private void Examine(long first, ReadOnlySpan<byte> elements, bool countsDenormal)
    {
        var extremes = ValueExtremes.None;
        var found = ValueCounter.CanCount(type) ? ValueCounter.Count(type, elements, out extremes) : CountZeros(elements);
        if (found.FirstNonFinite >= 0)
        {
            found = found with { FirstNonFinite = (first * ValueCounter.NumbersPerElement(type)) + found.FirstNonFinite };
        }

        sample?.Add(first, elements);
        lock (gate)
        {
            Counts += countsDenormal ? found : found with { Denormal = 0 };
            Extremes += extremes;
        }
    }

    /// <summary>Of integers: all or none, which is all that is asked of them.</summary>
    private ValueCounts CountZeros(ReadOnlySpan<byte> elements)
    {
        long count = elements.Length / type.ByteSize;
        return new ValueCounts(count, 0, 0, elements.ContainsAnyExcept((byte)0) ? 0 : count, 0, -1);
    }
}
