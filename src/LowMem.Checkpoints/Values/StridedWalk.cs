namespace LowMem.Checkpoints.Values;

/// <summary>Goes through all indices of some dimensions, the last of them fastest, and knows the place of each.</summary>
internal ref struct StridedWalk(ReadOnlySpan<StridedDimension> dimensions)
{
    private readonly ReadOnlySpan<StridedDimension> dimensions = dimensions;
    private readonly long[] index = dimensions.IsEmpty ? [] : new long[dimensions.Length];

    /// <summary>The place in the storage, in elements from the first.</summary>
    public long Source { get; private set; }

    /// <summary>The place where it is copied to, in elements from the first.</summary>
    public long Target { get; private set; }

    /// <summary>Goes to the next index; false after the last one.</summary>
    public bool MoveNext()
    {
        for (int i = dimensions.Length - 1; i >= 0; i--)
        {
            var dimension = dimensions[i];
            if (++index[i] < dimension.Size)
            {
                Source += dimension.Source;
                Target += dimension.Target;
                return true;
            }

            Source -= (dimension.Size - 1) * dimension.Source;
            Target -= (dimension.Size - 1) * dimension.Target;
            index[i] = 0;
        }

        return false;
    }
}
