namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>A tensor that is put together from pieces, which were checked to cover it.</summary>
internal static class ChunkedTensors
{
    /// <param name="key">Its name.</param>
    /// <param name="type">The element type of it and of each piece.</param>
    /// <param name="shape">The shape of the whole.</param>
    /// <param name="chunks">The pieces.</param>
    /// <param name="problem">Why it cannot be read, or null.</param>
    /// <param name="like">The path, the checkpoint and the format when there is no piece to tell.</param>
    public static TensorInfo Describe(
        string key, DType type, long[] shape, IReadOnlyList<TensorChunk> chunks, string? problem, (string Path, string Checkpoint, string Format) like)
    {
        if (problem is null && chunks is [var only] && only.Source.Shape.AsSpan().SequenceEqual(shape))
        {
            return only.Source with { Key = key };
        }

        if (type.ByteSize == 0)
        {
            problem ??= "its elements are smaller than a byte, and it is in pieces";
        }

        long elements = StridedLayout.CountElements(shape);
        return new TensorInfo
        {
            Key = key,
            DType = type.Name,
            Shape = shape,
            Stride = StridedLayout.ContiguousStrides(shape),
            ElementCount = elements,
            ByteLength = type.GetByteLength(elements),
            Offset = -1,
            IsContiguous = true,
            Path = chunks.Count > 0 ? chunks[0].Source.Path : like.Path,
            Checkpoint = like.Checkpoint,
            Format = like.Format,
            Chunks = problem is null ? chunks : null,
            UnreadableReason = problem,
        };
    }
}
