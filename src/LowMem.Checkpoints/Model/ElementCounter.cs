namespace LowMem.Checkpoints;

/// <summary>
/// Counts the elements of tensors, those that several of them share once. Of a storage in which every tensor fills a range,
/// such as <c>q</c>, <c>k</c>, <c>v</c> and the <c>qkv</c> that they are parts of, the count is exact; where elements lie
/// apart, it is no more than the tensors have and no more than the ranges hold. The order of tensors makes no difference.
/// </summary>
/// <param name="capacity">How many tensors are to be expected.</param>
internal sealed class ElementCounter(int capacity)
{
    private readonly StorageSet storages = new(capacity);
    private readonly List<Region> first = new(capacity);
    private readonly Dictionary<int, HashSet<Region>> others = [];
    private Int128 alone;

    public void Add(TensorInfo tensor)
    {
        if (tensor.StorageKey is not { } storage || tensor.ElementCount == 0)
        {
            alone += tensor.ElementCount;
            return;
        }

        // Nearly every storage has one tensor.
        var region = RegionOf(tensor);
        if (storages.Add(tensor.Path, storage, out int number))
        {
            first.Add(region);
            return;
        }

        if (first[number] == region)
        {
            return;
        }

        if (!others.TryGetValue(number, out var regions))
        {
            others.Add(number, regions = []);
        }

        regions.Add(region);
    }

    public long Count()
    {
        var sum = alone;
        for (int number = 0; number < first.Count; number++)
        {
            var region = first[number];
            sum += others.TryGetValue(number, out var regions) ? CountShared([.. regions, region]) : region.Elements;
        }

        return (long)Int128.Min(sum, long.MaxValue);
    }

    private static Int128 CountShared(List<Region> regions)
    {
        Int128 elements = 0;
        Int128 held = 0;
        Int128 end = 0;
        foreach (var region in regions.OrderBy(region => region.Start).ThenByDescending(region => region.End))
        {
            elements += region.Elements;
            held += Int128.Max(0, region.End - Int128.Max(end, region.Start));
            end = Int128.Max(end, region.End);
        }

        return Int128.Min(elements, held / regions.Min(region => region.ElementSize));
    }

    private static Region RegionOf(TensorInfo tensor)
    {
        int size = Math.Max(1, DType.Find(tensor.DType)?.ByteSize ?? 1);
        var (extent, distinct) = (tensor.ElementCount, tensor.ElementCount);
        if (!tensor.IsContiguous && tensor.Stride.Length == tensor.Shape.Length)
        {
            extent = StridedLayout.Extent(tensor.Shape, tensor.Stride);

            // The product of all sizes fits, so that of some of them does.
            distinct = tensor.Shape.Zip(tensor.Stride).Aggregate(1L, (product, dimension) => dimension.Second == 0 ? product : product * dimension.First);
        }

        var end = tensor.StorageStart + ((Int128)extent * size);
        return new Region(tensor.StorageStart, end, Math.Min(distinct, extent), size);
    }

    /// <param name="Start">The first byte.</param>
    /// <param name="End">The byte behind the last one.</param>
    /// <param name="Elements">How many elements lie in between, each of an expanded tensor once.</param>
    /// <param name="ElementSize">The bytes of one.</param>
    private readonly record struct Region(long Start, Int128 End, long Elements, int ElementSize);
}
