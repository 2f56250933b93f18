namespace LowMem.Checkpoints.Verification;

/// <summary>The ranges of files that a scan reads, each once, whatever it is read for.</summary>
internal sealed class ScanExtents
{
    private readonly Dictionary<(string Path, long Offset, long Length), ScanExtent> byPlace = [];

    /// <summary>All of them, in the order in which they were asked for.</summary>
    public List<ScanExtent> All { get; } = [];

    /// <summary>The extent at a place, made when there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where the bytes, or the compressed bytes, begin.</param>
    /// <param name="length">The bytes of content.</param>
    /// <param name="packedLength">The compressed bytes, or null.</param>
    public ScanExtent Get(string path, long offset, long length, long? packedLength)
    {
        if (!byPlace.TryGetValue((path, offset, length), out var extent))
        {
            extent = new ScanExtent(path, offset, length, packedLength);
            byPlace.Add((path, offset, length), extent);
            All.Add(extent);
        }

        return extent;
    }

    /// <summary>The extent of the storage of a tensor; null when its bytes are in no file.</summary>
    public ScanExtent? Get(TensorInfo tensor) => tensor.Storage switch
    {
        { Offset: >= 0 } storage => Get(tensor.Path, storage.Offset, storage.ByteLength, packedLength: null),
        { Deflated: var (offset, packedLength) } storage => Get(tensor.Path, offset, storage.ByteLength, packedLength),
        _ => null,
    };

    /// <summary>The reading that they take.</summary>
    public IEnumerable<IScanWork> ToWork()
    {
        foreach (var extent in All)
        {
            extent.Seal();
            if (extent.PackedLength is not null)
            {
                yield return new InflateWork(extent);
                continue;
            }

            for (int i = 0; i < extent.SegmentCount; i++)
            {
                yield return new SegmentWork(extent, i);
            }
        }
    }
}
