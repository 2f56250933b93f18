namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>Checks that the pieces of a tensor cover it, each element once.</summary>
internal static class ChunkCoverage
{
    /// <summary>Pieces that follow one another along a dimension cost one comparison each; no honest layout comes near.</summary>
    private const long MaxComparisons = 4_000_000;

    /// <summary>What is wrong, or null.</summary>
    /// <exception cref="OverflowException">A size does not fit 64 bits.</exception>
    public static string? FindProblem(long[] shape, IReadOnlyList<ChunkBox> chunks, CancellationToken cancellationToken)
    {
        long covered = 0;
        foreach (var chunk in chunks)
        {
            for (int i = 0; i < shape.Length; i++)
            {
                if (chunk.Sizes[i] > shape[i] || chunk.Offsets[i] > shape[i] - chunk.Sizes[i])
                {
                    return $"its piece {chunk} reaches out of its shape [{string.Join(", ", shape)}]";
                }
            }

            covered = checked(covered + StridedLayout.CountElements(chunk.Sizes));
        }

        return FindOverlap(shape, chunks, cancellationToken)
            ?? (StridedLayout.CountElements(shape) is var all && covered < all
                ? $"its pieces hold {covered} of its {all} elements"
                : null);
    }

    /// <summary>Goes along the dimension that the pieces divide most, comparing those that lie side by side only.</summary>
    private static string? FindOverlap(long[] shape, IReadOnlyList<ChunkBox> chunks, CancellationToken cancellationToken)
    {
        if (chunks.Count < 2)
        {
            return null;
        }

        if (shape.Length == 0)
        {
            return "it has several pieces and no dimensions";
        }

        int axis = Enumerable.Range(0, shape.Length).MaxBy(i => chunks.Select(chunk => chunk.Offsets[i]).Distinct().Count());
        var open = new List<ChunkBox>();
        long comparisons = 0;
        foreach (var chunk in chunks.Where(chunk => !chunk.IsEmpty).OrderBy(chunk => chunk.Offsets[axis]))
        {
            cancellationToken.ThrowIfCancellationRequested();
            open.RemoveAll(other => other.Offsets[axis] + other.Sizes[axis] <= chunk.Offsets[axis]);
            comparisons += open.Count;
            if (comparisons > MaxComparisons)
            {
                return "its pieces are too many and too irregular to be checked";
            }

            if (open.Find(chunk.Overlaps) is { } other)
            {
                return $"its pieces {other} and {chunk} overlap";
            }

            open.Add(chunk);
        }

        return null;
    }
}
