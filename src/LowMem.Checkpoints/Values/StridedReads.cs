namespace LowMem.Checkpoints.Values;

/// <summary>
/// How a box of elements is read from a file: in ranges, each of which holds the elements of the dense dimensions, in the
/// order of the file. Elements with a short gap between them are read with the gap.
/// </summary>
/// <remarks>
/// Whatever the layout, no range is larger than the elements it holds and the gaps between them: of each element, so much as
/// <see cref="MaxGap"/> more is read at most. As long as one box is asked for, no byte of the storage is read twice unless the
/// tensor shows it twice.
/// </remarks>
internal sealed class StridedReads
{
    /// <summary>A longer gap costs more to read than a call to pass it over does.</summary>
    public const int MaxGap = 1024;

    /// <summary>Stays in a cache between being read and being copied.</summary>
    public const int MaxRangeLength = 1 << 20;

    private readonly StridedDimension[] box;
    private readonly int split = -1;
    private readonly long splitStep = 1;

    /// <param name="dimensions">The box, from the slowest dimension in the target to the fastest.</param>
    /// <param name="elementSize">The bytes of one element.</param>
    /// <param name="isSparing">Whether no gap is read that is longer than the elements before it: at most twice their bytes are read.</param>
    public StridedReads(ReadOnlySpan<StridedDimension> dimensions, int elementSize, bool isSparing = false)
    {
        box = dimensions.ToArray();
        int[] order = new int[box.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (left, right) => box[left].Source.CompareTo(box[right].Source));
        long span = 1;
        long wanted = 1;
        int inner = 0;
        for (; inner < order.Length; inner++)
        {
            var dimension = box[order[inner]];
            if ((dimension.Source - span) * elementSize > MaxGap || (isSparing && dimension.Source > 2 * wanted))
            {
                break;
            }

            long grown = span + ((dimension.Size - 1) * dimension.Source);
            if (grown * elementSize > MaxRangeLength)
            {
                split = order[inner];
                splitStep = Math.Max(1, (((MaxRangeLength / elementSize) - span) / dimension.Source) + 1);
                break;
            }

            span = grown;
            wanted = isSparing ? wanted * Math.Max(1, dimension.Source == 0 ? 1 : dimension.Size) : wanted;
        }

        // The slowest in the file first; of the one that is split, each step is a range.
        Outer = [.. order.Skip(inner).Reverse().Where(i => i != split).Select(i => box[i])];
        Span = span;
        IsInner = new bool[box.Length];
        foreach (int i in order.AsSpan(0, inner))
        {
            IsInner[i] = true;
        }
    }

    /// <summary>The dimensions of which each index is a range of its own, or several.</summary>
    public StridedDimension[] Outer { get; }

    /// <summary>The steps of the dimension that makes several ranges, and one step when there is none.</summary>
    public long Steps => split < 0 ? 1 : ((box[split].Size - 1) / splitStep) + 1;

    private long Span { get; }

    private bool[] IsInner { get; }

    /// <summary>The elements of one range, by the step.</summary>
    /// <param name="step">The number of the step.</param>
    /// <param name="source">Where the range starts, in elements of the storage from the place of the outer dimensions.</param>
    /// <param name="target">The same where it is copied to.</param>
    /// <param name="length">The elements of the storage that the range is long.</param>
    public StridedDimension[] GetRange(long step, out long source, out long target, out long length)
    {
        long first = step * splitStep;
        long size = split < 0 ? 1 : Math.Min(splitStep, box[split].Size - first);
        (source, target, length) = split < 0
            ? (0, 0, Span)
            : (first * box[split].Source, first * box[split].Target, Span + ((size - 1) * box[split].Source));
        var range = new List<StridedDimension>(box.Length);
        for (int i = 0; i < box.Length; i++)
        {
            if (IsInner[i])
            {
                range.Add(box[i]);
            }
            else if (i == split && size > 1)
            {
                range.Add(box[i] with { Size = size });
            }
        }

        return [.. range];
    }

    /// <summary>How many ranges there are.</summary>
    public Int128 GetCount() => Outer.Aggregate((Int128)Steps, (count, dimension) => count * dimension.Size);

    /// <summary>The elements that all ranges are long.</summary>
    public Int128 GetLength()
    {
        Int128 length = 0;
        if (split < 0)
        {
            length = Span;
        }
        else
        {
            // Each step reads the rest of the dense part once more.
            length = ((Int128)Steps * Span) + ((Int128)(box[split].Size - Steps) * box[split].Source);
        }

        foreach (var dimension in Outer)
        {
            length *= dimension.Size;
        }

        return length;
    }
}
