using LowMem.Checkpoints;

namespace LowMem.Loader.Memory.Prefetch;

/// <summary>A part of a file that is wanted in the page cache.</summary>
/// <param name="Path">The file.</param>
/// <param name="Start">Its first byte.</param>
/// <param name="End">The byte after its last.</param>
internal sealed record PageRange(string Path, long Start, long End)
{
    /// <summary>The ranges of tensors, each byte once: the files as they come, and each from front to back.</summary>
    /// <param name="tensors">Tensors with a place in a file.</param>
    /// <param name="gap">Ranges that are so near to each other are one: it is read faster than left out.</param>
    public static List<PageRange> Of(IEnumerable<TensorInfo> tensors, long gap)
    {
        var ranges = new List<PageRange>();
        foreach (var file in tensors.Where(tensor => tensor.ElementCount > 0).GroupBy(tensor => tensor.Path, StringComparer.Ordinal))
        {
            PageRange? last = null;
            foreach (var next in file.Select(Of).OrderBy(range => range.Start))
            {
                if (last is not null && next.Start - last.End <= gap)
                {
                    last = last with { End = Math.Max(last.End, next.End) };
                    ranges[^1] = last;
                    continue;
                }

                ranges.Add(last = next);
            }
        }

        return ranges;
    }

    private static PageRange Of(TensorInfo tensor)
    {
        long last = 0;
        for (int i = 0; i < tensor.Shape.Length; i++)
        {
            last = checked(last + ((tensor.Shape[i] - 1) * tensor.Stride[i]));
        }

        return new PageRange(tensor.Path, tensor.Offset, checked(tensor.Offset + ((last + 1) * DType.Get(tensor.DType).ByteSize)));
    }
}
