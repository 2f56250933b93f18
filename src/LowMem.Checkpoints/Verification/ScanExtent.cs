
using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification;

/// <summary>A range of a file that is read once, for its checksum and for the values of the tensors in it.</summary>
/// <param name="path">The file.</param>
/// <param name="offset">Where the bytes are in the file; for compressed ones, where the compressed bytes are.</param>
/// <param name="length">The bytes of content.</param>
/// <param name="packedLength">The compressed bytes, or null when the content is stored as it is.</param>
internal sealed class ScanExtent(string path, long offset, long length, long? packedLength)
{
    private readonly Lock gate = new();
    private readonly List<ValueRegion> regions = [];
    private long longestRegion;
    private uint[] checksums = [];

    public string Path => path;

    public long Offset => offset;

    public long Length => length;

    public long? PackedLength => packedLength;

    /// <summary>The archive entry whose checksum is to be compared, or null.</summary>
    public ZipEntry? Record { get; set; }

    /// <summary>The tensors that lie in it.</summary>
    public List<string> Keys { get; } = [];

    /// <summary>What is wrong with it beyond its checksum, or null.</summary>
    public string? Problem { get; set; }

    public string What => Record is { } record ? $"record '{DisplayText.Name(record.Name)}'" : $"the bytes at {offset}";

    /// <summary>The parts that are read on their own, so that one large extent keeps all cores busy.</summary>
    public int SegmentCount => packedLength is null ? (int)((length + SegmentWork.MaxLength - 1) / SegmentWork.MaxLength) : 1;

    /// <summary>Adds a range whose values are to be counted; before anything is read.</summary>
    public void Add(ValueRegion region)
    {
        regions.Add(region);
        longestRegion = Math.Max(longestRegion, region.Length);
    }

    /// <summary>Says that no range comes any more.</summary>
    public void Seal() => regions.Sort((left, right) => left.Start.CompareTo(right.Start));

    /// <summary>Counts the values in one block.</summary>
    public void CountValues(long position, ReadOnlySpan<byte> block)
    {
        // No range that begins before this place reaches the block.
        for (int i = FirstRegionFrom(position - longestRegion); i < regions.Count && regions[i].Start < position + block.Length; i++)
        {
            regions[i].Count(position, block);
        }
    }

    /// <summary>Sets the checksum of one part.</summary>
    public void SetChecksum(int segment, uint checksum)
    {
        lock (gate)
        {
            checksums = checksums.Length == 0 ? new uint[SegmentCount] : checksums;
            checksums[segment] = checksum;
        }
    }

    /// <summary>The checksum of the whole, once all parts have theirs; that of no bytes is 0.</summary>
    public uint GetChecksum()
    {
        uint sum = 0;
        for (int i = 0; i < checksums.Length; i++)
        {
            long partLength = packedLength is null
                ? Math.Min(SegmentWork.MaxLength, length - (i * SegmentWork.MaxLength))
                : length;
            sum = Crc32Arithmetic.Combine(sum, checksums[i], partLength);
        }

        return sum;
    }

    private int FirstRegionFrom(long position)
    {
        int low = 0;
        int high = regions.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (regions[middle].Start < position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
