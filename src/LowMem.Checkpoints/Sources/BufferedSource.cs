namespace LowMem.Checkpoints.Sources;

/// <summary>
/// Keeps blocks of a source, so that small reads which lie close together are one read: the headers of an archive and its
/// pickle, field by field. A read on from a block brings more each time; one somewhere else brings no more than a page.
/// </summary>
internal sealed class BufferedSource(RandomAccessSource source) : RandomAccessSource(source.Name, source.Length)
{
    /// <summary>What the system reads at the least.</summary>
    private const int PageLength = 4096;

    private const int MaxBlockLength = 64 << 10;

    /// <summary>Behind a longer gap, a read is somewhere else: headers of records that lie far apart bring a page each.</summary>
    private const int MaxGap = 4 * PageLength;

    private readonly Lock gate = new();
    private readonly Block[] blocks = [new(), new(), new(), new(), new(), new(), new(), new()];
    private long clock;

    public override CheckpointFile Version => source.Version;

    internal override IFarSource? Far => source.Far;

    internal override RandomAccessSource Exact => source;

    public override CheckpointFile LookAgain() => source.LookAgain();

    protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            while (!destination.IsEmpty)
            {
                if (Find(offset) is { } block)
                {
                    int known = block.CopyTo(offset, destination);
                    offset += known;
                    destination = destination[known..];
                }
                else if (destination.Length > PageLength)
                {
                    break;
                }
                else
                {
                    Load(offset, destination.Length, what, cancellationToken);
                }
            }
        }

        // What is large is read by one, and others need not wait for it.
        if (!destination.IsEmpty)
        {
            source.Read(offset, destination, what, cancellationToken);
        }
    }

    protected override void Dispose(bool disposing)
    {
        source.Dispose();
        base.Dispose(disposing);
    }

    private Block? Find(long offset)
    {
        clock++;
        foreach (var block in blocks)
        {
            if (offset >= block.Start && offset < block.End)
            {
                block.LastUse = clock;
                return block;
            }
        }

        return null;
    }

    /// <summary>Reads a block that begins at a place or in front of it, and holds nothing that is held already.</summary>
    private void Load(long offset, int length, string what, CancellationToken cancellationToken)
    {
        Block? before = null;
        var oldest = blocks[0];
        long start = offset / PageLength * PageLength;
        long limit = Length;
        foreach (var block in blocks)
        {
            if (block.End <= offset)
            {
                start = Math.Max(start, block.End);
                before = offset - block.End < Math.Min(block.Length, MaxGap) ? block : before;
            }
            else if (block.Length > 0)
            {
                limit = Math.Min(limit, block.Start);
            }

            oldest = block.LastUse < oldest.LastUse ? block : oldest;
        }

        long end = Math.Max(offset + length, start + (before is null ? PageLength : Math.Min(2L * before.Length, MaxBlockLength)));
        oldest.Load(source, start, (int)(Math.Min(end, limit) - start), what, cancellationToken);
        oldest.LastUse = clock;
    }

    private sealed class Block
    {
        private byte[] bytes = [];

        public long Start { get; private set; }

        public int Length { get; private set; }

        public long End => Start + Length;

        public long LastUse { get; set; }

        /// <summary>Copies what the block holds from a place in it on, and says how much that was.</summary>
        public int CopyTo(long offset, Span<byte> destination)
        {
            var known = bytes.AsSpan((int)(offset - Start), (int)Math.Min(destination.Length, End - offset));
            known.CopyTo(destination);
            return known.Length;
        }

        public void Load(RandomAccessSource source, long offset, int length, string what, CancellationToken cancellationToken)
        {
            if (bytes.Length < length)
            {
                bytes = GC.AllocateUninitializedArray<byte>(length);
            }

            // Nothing is held when the reading fails.
            (Start, Length) = (0, 0);
            source.Read(offset, bytes.AsSpan(0, length), what, cancellationToken);
            (Start, Length) = (offset, length);
        }
    }
}
