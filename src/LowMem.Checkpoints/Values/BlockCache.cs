namespace LowMem.Checkpoints.Values;

/// <summary>
/// Small blocks of a storage, kept while strided elements are gathered from it. Bounded: a tensor whose elements lie
/// far apart costs reads, never memory. For one thread.
/// </summary>
internal sealed class BlockCache(IStorageBytes storage, long length)
{
    private const int BlockLength = 4096;
    private const int MaxBlocks = 8192;

    private readonly Dictionary<long, byte[]> blocks = [];
    private long lastIndex = -1;
    private byte[] last = [];

    /// <summary>Copies one element, which may straddle two blocks.</summary>
    public void Copy(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var block = Get(offset / BlockLength);
            int within = (int)(offset % BlockLength);
            int count = Math.Min(destination.Length, block.Length - within);
            block.AsSpan(within, count).CopyTo(destination);
            destination = destination[count..];
            offset += count;
        }
    }

    private byte[] Get(long index)
    {
        if (index == lastIndex)
        {
            return last;
        }

        if (!blocks.TryGetValue(index, out byte[]? block))
        {
            if (blocks.Count == MaxBlocks)
            {
                blocks.Clear();
            }

            long start = index * BlockLength;
            block = new byte[Math.Min(BlockLength, length - start)];
            storage.Read(start, block);
            blocks.Add(index, block);
        }

        lastIndex = index;
        last = block;
        return block;
    }
}
