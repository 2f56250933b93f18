namespace LowMem.Checkpoints.Sources.Http;

/// <summary>
/// What has been fetched of a file and may be read again, such as directories and headers, in blocks that do not overlap. What was
/// not used for the longest time goes first.
/// </summary>
internal sealed class BlockStore(RemoteFile file)
{
    /// <summary>A read of fewer bytes is one of many that lie close together, and brings what follows.</summary>
    public const int SmallRead = 32 << 10;

    private const int WindowLength = 32 << 10;
    private const int MostWindow = 1 << 20;
    private const long MostKept = 32 << 20;

    /// <summary>The most that is fetched by one request because it is announced: the directory of an archive of a million records.</summary>
    private const long MostFetched = 128 << 20;

    private readonly Lock gate = new();
    private readonly SortedList<long, Block> blocks = [];
    private long kept;
    private long clock;
    private (long End, int Length) last;

    /// <summary>Copies what is there from a place on; the bytes that were copied, or 0.</summary>
    /// <param name="offset">The place.</param>
    /// <param name="destination">What is wanted.</param>
    /// <param name="missing">When nothing was copied: how many bytes there are up to what is there.</param>
    public int Copy(long offset, Span<byte> destination, out int missing)
    {
        lock (gate)
        {
            missing = destination.Length;
            int index = FindBehind(offset);
            if (index > 0 && blocks.GetValueAtIndex(index - 1) is var block && offset < block.End)
            {
                block.LastUse = ++clock;
                var known = block.Bytes.AsSpan((int)(offset - block.Offset));
                known = known[..Math.Min(known.Length, destination.Length)];
                known.CopyTo(destination);
                missing = 0;
                return known.Length;
            }

            missing = index < blocks.Count ? (int)Math.Min(missing, blocks.GetKeyAtIndex(index) - offset) : missing;
            return 0;
        }
    }

    /// <summary>Keeps bytes, as far as they are not there yet.</summary>
    public void Add(long offset, byte[] bytes)
    {
        lock (gate)
        {
            int index = FindBehind(offset);
            if (bytes.Length == 0 || (index > 0 && offset < blocks.GetValueAtIndex(index - 1).End))
            {
                return;
            }

            long length = index < blocks.Count ? Math.Min(bytes.Length, blocks.GetKeyAtIndex(index) - offset) : bytes.Length;
            var block = new Block(offset, length == bytes.Length ? bytes : bytes[..(int)length]) { LastUse = ++clock };
            blocks.Add(offset, block);
            kept += block.Bytes.Length;
            while (kept > MostKept && blocks.Count > 1)
            {
                var oldest = blocks.Values.Where(each => each != block).MinBy(each => each.LastUse)!;
                blocks.Remove(oldest.Offset);
                kept -= oldest.Bytes.Length;
            }
        }
    }

    /// <summary>Fetches what is missing of a range, by one request.</summary>
    public void Fetch(long offset, long length, CancellationToken cancellationToken)
    {
        long end = Math.Min(file.Length, offset + length);
        lock (gate)
        {
            while (FindBlock(offset) is { } first && offset < end)
            {
                offset = first.End;
            }

            while (end > offset && FindBlock(end - 1) is { } block)
            {
                end = block.Offset;
            }
        }

        if (end > offset && end - offset <= MostFetched)
        {
            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)(end - offset));
            file.FetchAsync(offset, bytes, cancellationToken).GetAwaiter().GetResult();
            Replace(offset, bytes);
        }
    }

    /// <summary>Fetches bytes that are not there, and what follows them where that is likely to be read next.</summary>
    /// <param name="offset">Where they are.</param>
    /// <param name="destination">What is filled; nothing of it is there.</param>
    /// <param name="room">How many bytes there are up to what is there.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public void Load(long offset, Span<byte> destination, long room, CancellationToken cancellationToken)
    {
        int window;
        lock (gate)
        {
            // On from the last one, more each time: a file that is read from its start to somewhere.
            window = offset == last.End ? Math.Min(2 * last.Length, MostWindow) : WindowLength;
        }

        long length = Math.Min(Math.Min(file.Length - offset, room), Math.Max(window, destination.Length));
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
        file.FetchAsync(offset, bytes, cancellationToken).GetAwaiter().GetResult();
        bytes.AsSpan(0, destination.Length).CopyTo(destination);
        Add(offset, bytes);
        lock (gate)
        {
            last = (offset + length, (int)length);
        }
    }

    /// <summary>The bytes from a place on up to what is there.</summary>
    public long FindRoom(long offset)
    {
        lock (gate)
        {
            int index = FindBehind(offset);
            return index < blocks.Count ? blocks.GetKeyAtIndex(index) - offset : long.MaxValue;
        }
    }

    /// <summary>Puts a block in the place of those that lie in it.</summary>
    private void Replace(long offset, byte[] bytes)
    {
        lock (gate)
        {
            foreach (var inside in blocks.Values.Where(block => block.Offset >= offset && block.End <= offset + bytes.Length).ToList())
            {
                blocks.Remove(inside.Offset);
                kept -= inside.Bytes.Length;
            }
        }

        Add(offset, bytes);
    }

    private Block? FindBlock(long offset)
    {
        int index = FindBehind(offset);
        return index > 0 && blocks.GetValueAtIndex(index - 1) is var block && offset < block.End ? block : null;
    }

    /// <summary>The first block that begins behind a place.</summary>
    private int FindBehind(long offset)
    {
        int low = 0;
        int high = blocks.Count;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            (low, high) = blocks.GetKeyAtIndex(middle) <= offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private sealed class Block(long offset, byte[] bytes)
    {
        public long Offset { get; } = offset;

        public byte[] Bytes { get; } = bytes;

        public long End => Offset + Bytes.Length;

        public long LastUse { get; set; }
    }
}
