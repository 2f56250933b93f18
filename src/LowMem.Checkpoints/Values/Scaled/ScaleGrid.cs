namespace LowMem.Checkpoints.Values.Scaled;

/// <summary>Which scale belongs to which element: those of a block share one.</summary>
/// <param name="BlockSizes">How many indices of each dimension of the codes share a scale.</param>
/// <param name="Strides">From one block of a dimension to the next, in scales; 0 where all share one.</param>
/// <param name="Count">How many scales there are.</param>
internal sealed record ScaleGrid(long[] BlockSizes, long[] Strides, long Count)
{
    /// <summary>One scale for all.</summary>
    public static ScaleGrid One(int dimensions) => new([.. Enumerable.Repeat(1L, dimensions)], new long[dimensions], 1);

    /// <summary>Scales in row-major order for blocks of a shape.</summary>
    /// <param name="shape">The shape of the codes.</param>
    /// <param name="blockSizes">The size of a block in each dimension.</param>
    public static ScaleGrid Of(IReadOnlyList<long> shape, long[] blockSizes)
    {
        long[] counts = CountBlocks(shape, blockSizes);
        return new ScaleGrid(blockSizes, StridedLayout.ContiguousStrides(counts), StridedLayout.CountElements(counts));
    }

    /// <summary>One scale for each index of a dimension.</summary>
    /// <param name="shape">The shape of the codes.</param>
    /// <param name="axis">The dimension.</param>
    public static ScaleGrid OfAxis(IReadOnlyList<long> shape, int axis)
    {
        var grid = One(shape.Count) with { Count = shape[axis] };
        grid.Strides[axis] = 1;
        return grid;
    }

    /// <summary>How many blocks there are in each dimension; the last of each may be smaller.</summary>
    public static long[] CountBlocks(IReadOnlyList<long> shape, long[] blockSizes) =>
        [.. shape.Zip(blockSizes, (size, block) => size == 0 ? 0 : ((size - 1) / block) + 1)];
}
