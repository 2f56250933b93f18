namespace LowMem.Checkpoints.Values;

/// <summary>A range of a file, and who takes its bytes.</summary>
/// <param name="start">The first byte, from the start of the file.</param>
/// <param name="length">The number of bytes.</param>
/// <param name="consumer">Who takes them.</param>
internal sealed class BlockRange(long start, long length, IBlockConsumer consumer)
{
    private long left = length;

    public long Start { get; } = start;

    public long End { get; } = start + length;

    public IBlockConsumer Consumer => consumer;

    public bool IsInOrder => consumer.IsInOrder;

    /// <summary>The blocks that wait for those before them, where the order counts.</summary>
    public Queue<Block> Waiting => field ??= new Queue<Block>();

    /// <summary>Whether a thread is at work on the first of those that wait, or is about to be.</summary>
    public bool IsRunning { get; set; }

    /// <summary>Hands over what a block has of this range.</summary>
    /// <param name="position">Where the block begins, from where <see cref="Start"/> is counted.</param>
    /// <param name="block">The bytes.</param>
    public void Consume(long position, ReadOnlySpan<byte> block)
    {
        long from = Math.Max(Start, position);
        long to = Math.Min(End, position + block.Length);
        consumer.Consume(from - Start, block.Slice((int)(from - position), (int)(to - from)));
        if (Interlocked.Add(ref left, from - to) == 0)
        {
            consumer.Complete();
        }
    }
}
