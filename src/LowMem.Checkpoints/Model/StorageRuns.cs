namespace LowMem.Checkpoints;

/// <summary>
/// The bytes of its storage that a tensor covers: runs of one length, and the steps from one run to others. A tensor whose elements
/// lie without gaps, in whatever order, is one run.
/// </summary>
/// <param name="Start">The first byte, from the start of the storage.</param>
/// <param name="Length">The bytes of one run.</param>
/// <param name="Steps">How often the run is there along each dimension that leaves gaps, and the bytes from one to the next.</param>
internal readonly record struct StorageRuns(long Start, long Length, IReadOnlyList<(long Count, long Step)> Steps)
{
    /// <summary>How many runs there are.</summary>
    public long Count => Steps.Aggregate(1L, (count, step) => count * step.Count);

    /// <summary>The runs of a tensor; places and extents have been checked by the reader.</summary>
    public static StorageRuns Of(TensorInfo tensor)
    {
        if (tensor.IsContiguous || tensor.ElementCount == 0 || tensor.Stride.Length != tensor.Shape.Length)
        {
            return new StorageRuns(tensor.StorageStart, tensor.ByteLength, []);
        }

        var type = DType.Find(tensor.DType);
        if (type is null or { ByteSize: 0 })
        {
            // Several elements share a byte.
            return new StorageRuns(tensor.StorageStart, type?.GetByteLength(StridedLayout.Extent(tensor.Shape, tensor.Stride)) ?? tensor.ByteLength, []);
        }

        // From the inside out: a step that is no longer than the run makes it longer, and any other one leaves a gap.
        long length = type.ByteSize;
        List<(long Count, long Step)> steps = [];
        foreach (var (size, stride) in tensor.Shape.Zip(tensor.Stride).Where(each => each is { First: > 1, Second: > 0 }).OrderBy(each => each.Second))
        {
            long step = stride * type.ByteSize;
            if (steps.Count == 0 && step <= length)
            {
                length += (size - 1) * step;
            }
            else
            {
                steps.Add((size, step));
            }
        }

        return new StorageRuns(tensor.StorageStart, length, steps);
    }

    /// <summary>The bytes from the first run to the last one, as one run.</summary>
    public StorageRuns Fill() => new(Start, Steps.Aggregate(Length, (length, step) => length + ((step.Count - 1) * step.Step)), []);

    /// <summary>Adds where each run starts and ends.</summary>
    public void AddTo(List<(long Start, long End)> ranges)
    {
        int first = ranges.Count;
        ranges.Add((Start, Start + Length));
        foreach (var (count, step) in Steps)
        {
            int before = ranges.Count;
            for (long i = 1; i < count; i++)
            {
                for (int each = first; each < before; each++)
                {
                    ranges.Add((ranges[each].Start + (i * step), ranges[each].End + (i * step)));
                }
            }
        }
    }
}
