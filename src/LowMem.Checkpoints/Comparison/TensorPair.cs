using System.Runtime.CompilerServices;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Comparison;

/// <summary>Two tensors of one shape, which are compared block by block, and what is known of them. Safe for several threads.</summary>
internal sealed class TensorPair
{
    private readonly Lock gate = new();
    private readonly ElementComparer comparer;
    private readonly bool haveEqualCodes;
    private readonly long repeat = 1;
    private List<(long First, DistanceTotals Totals)>? parts;
    private List<long>? skipped;
    private StrongBox<DistanceTotals>? sums;
    private long left;
    private volatile bool hasChange;
    private volatile bool hasDifference;

    /// <param name="reference">A dense tensor that can be read.</param>
    /// <param name="difference">Another of the same shape.</param>
    /// <param name="options">What counts as a difference.</param>
    public TensorPair(TensorInfo reference, TensorInfo difference, ComparisonOptions options)
    {
        (OriginalReference, OriginalDifference) = (reference, difference);
        var left = DistinctElements.Of(reference);
        var right = DistinctElements.Of(difference);
        Func<long, long>? order = null;

        // Of one layout, both are compared in the order of their files, and what is there many times is read once.
        if (left.Dimensions is { } dimensions && right.Dimensions is { } others && dimensions.SequenceEqual(others)
            && left.Tensor.Shape.AsSpan().SequenceEqual(right.Tensor.Shape))
        {
            (reference, difference, repeat) = (left.Tensor, right.Tensor, left.Repeat);
            order = GetOrder(reference.Shape, [.. dimensions], OriginalReference.Shape);
        }

        (Reference, Difference) = (reference, difference);
        ReferenceNumbers = new ComparedNumbers(reference);
        DifferenceNumbers = new ComparedNumbers(difference);
        comparer = new ElementComparer(ReferenceNumbers, DifferenceNumbers, options, order);
        haveEqualCodes = reference.DType == difference.DType && Equals(reference.Quantization, difference.Quantization);
        Count = this.left = ComparedNumbers.Count(reference);
        BlockCount = (int)((long)PairedPass.BlockLength * 8 / Math.Max(ReferenceNumbers.Bits, DifferenceNumbers.Bits)) & ~7;
    }

    /// <summary>The tensor of the reference as it is listed.</summary>
    public TensorInfo OriginalReference { get; }

    /// <summary>The tensor of the difference as it is listed.</summary>
    public TensorInfo OriginalDifference { get; }

    /// <summary>What is read of the reference.</summary>
    public TensorInfo Reference { get; }

    /// <summary>What is read of the difference.</summary>
    public TensorInfo Difference { get; }

    public ComparedNumbers ReferenceNumbers { get; }

    public ComparedNumbers DifferenceNumbers { get; }

    /// <summary>How many numbers there are; of complex types, pairs.</summary>
    public long Count { get; }

    /// <summary>How many of them are compared at a time: whole bytes of either side.</summary>
    public int BlockCount { get; }

    /// <summary>Whether both sides are read directly.</summary>
    public bool IsDirect => PackedValues.IsDirect(Reference) && PackedValues.IsDirect(Difference);

    /// <summary>What all elements come to, once all blocks have been compared.</summary>
    public DistanceTotals Totals => sums?.Value ?? new DistanceTotals();

    /// <summary>Whether any two numbers are not the same.</summary>
    public bool HasChange => hasChange;

    /// <summary>Whether any element is further away than is allowed.</summary>
    public bool HasDifference => hasDifference;

    /// <summary>The first numbers of the blocks that were equal and have to be looked at once more, since others were not.</summary>
    public IReadOnlyList<long> Skipped => skipped ?? [];

    /// <summary>Compares a block.</summary>
    /// <param name="reference">The bytes of the reference.</param>
    /// <param name="difference">The bytes of the difference.</param>
    /// <param name="first">The number of the first element.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="maySkip">Whether equal blocks can be read again.</param>
    /// <returns>Whether it was the last one.</returns>
    public bool Compare(ReadOnlySpan<byte> reference, ReadOnlySpan<byte> difference, long first, int count, bool maySkip)
    {
        bool skips = maySkip && haveEqualCodes && !hasChange && reference.SequenceEqual(difference);
        var totals = skips ? default : comparer.Compare(reference, difference, first, count);
        lock (gate)
        {
            if (skips)
            {
                (skipped ??= []).Add(first);
            }
            else
            {
                (parts ??= []).Add((first, totals));
                hasChange |= totals.HasChange;
                hasDifference |= totals.Differing > 0;
            }

            left -= count;
            if (left > 0)
            {
                return false;
            }

            // Of a tensor without a change nothing more is asked.
            skipped = hasChange ? skipped : null;
            if (!hasChange)
            {
                parts = null;
            }
            else if (skipped is null)
            {
                Sum();
            }

            return true;
        }
    }

    /// <summary>Adds what an equal block has, now that another differs.</summary>
    /// <param name="block">The bytes of either side.</param>
    /// <param name="first">The number of the first element.</param>
    /// <param name="count">How many there are.</param>
    public void LookAgain(ReadOnlySpan<byte> block, long first, int count)
    {
        var totals = comparer.Compare(block, block, first, count);
        lock (gate)
        {
            (parts ??= []).Add((first, totals));
            if (parts.Count == (Count + BlockCount - 1) / BlockCount)
            {
                Sum();
            }
        }
    }

    /// <summary>Sums are the same, whatever the order in which the blocks came.</summary>
    private void Sum()
    {
        var totals = new DistanceTotals();
        parts!.Sort((one, other) => one.First.CompareTo(other.First));
        foreach (var (_, part) in parts)
        {
            totals.Add(part);
        }

        totals.Finite = checked(totals.Finite * repeat);
        totals.Differing = checked(totals.Differing * repeat);
        totals.NonFinite = checked(totals.NonFinite * repeat);
        totals.SquaredDistances *= repeat;
        totals.SquaredReference *= repeat;
        totals.SquaredDifference *= repeat;
        totals.Products *= repeat;
        sums = new StrongBox<DistanceTotals>(totals);
        parts = null;
        skipped = null;
    }

    /// <summary>The place in row-major order of an element in the order of the file.</summary>
    private static Func<long, long> GetOrder(long[] shape, int[] dimensions, long[] original)
    {
        long[] strides = StridedLayout.ContiguousStrides(original);
        return element =>
        {
            long place = 0;
            for (int i = shape.Length - 1; i >= 0; i--)
            {
                place += element % shape[i] * strides[dimensions[i]];
                element /= shape[i];
            }

            return place;
        };
    }
}
