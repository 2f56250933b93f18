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
    private const int BlockCount = 8;

    private readonly Lock gate = new();
    private readonly Block[] blocks = [.. Enumerable.Range(0, BlockCount).Select(_ => new Block())];
    private long clock;

    public override CheckpointFile Version => source.Version;

    public override CheckpointFile LookAgain() => source.LookAgain();

    protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken)
    {
        if (destination.Length > PageLength)
        {
            source.Read(offset, destination, what, cancellationToken);
            return;
        }

        lock (gate)
        {
            GetBlock(offset, destination.Length, what, cancellationToken).CopyTo(offset, destination);
        }
    }

    protected override void Dispose(bool disposing)
    {
        source.Dispose();
        base.Dispose(disposing);
    }

    private Block GetBlock(long offset, int length, string what, CancellationToken cancellationToken)
    {
        clock++;
        Block? before = null;
        var oldest = blocks[0];
        foreach (var block in blocks)
        {
            if (block.Holds(offset, length))
            {
                block.LastUse = clock;
                return block;
            }

            before = block.EndsBefore(offset, MaxBlockLength) ? block : before;
            oldest = block.LastUse < oldest.LastUse ? block : oldest;
        }

        // Reading goes on from there, and will not come back.
        var target = before ?? oldest;
        long start = offset / PageLength * PageLength;
        long end = Math.Max(offset + length, start + (before is null ? PageLength : Math.Min(2L * before.Length, MaxBlockLength)));
        target.Load(source, start, (int)(Math.Min(end, Length) - start), what, cancellationToken);
        target.LastUse = clock;
        return target;
    }

    private sealed class Block
    {
        private byte[] bytes = [];
        private long start;

        public int Length { get; private set; }

        public long LastUse { get; set; }

        public bool Holds(long offset, int length) => offset >= start && offset + length <= start + Length;

        /// <summary>Whether a place is in the block or no further behind it than it is long.</summary>
        public bool EndsBefore(long offset, int most) =>
            Length > 0 && offset >= start && offset - (start + Length) < Math.Min(Length, most);

        public void CopyTo(long offset, Span<byte> destination) =>
            bytes.AsSpan((int)(offset - start), destination.Length).CopyTo(destination);

        public void Load(RandomAccessSource source, long offset, int length, string what, CancellationToken cancellationToken)
        {
            if (bytes.Length < length)
            {
                bytes = GC.AllocateUninitializedArray<byte>(length);
            }

            // Nothing is held when the reading fails.
            Length = 0;
            source.Read(offset, bytes.AsSpan(0, length), what, cancellationToken);
            (start, Length) = (offset, length);
        }
    }
}
