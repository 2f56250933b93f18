namespace LowMem.Checkpoints.Values;

/// <summary>
/// Takes whole elements, from several threads and in any order. Blocks end where they end: what is cut is put together.
/// </summary>
/// <param name="elementSize">The bytes of an element.</param>
internal abstract class ElementConsumer(int elementSize) : IBlockConsumer
{
    private readonly Lock gate = new();

    /// <summary>The elements of which a part was in one block and the rest is in others.</summary>
    private readonly Dictionary<long, (byte[] Bytes, int Count)> cut = [];

    public virtual bool IsInOrder => false;

    public void Consume(long position, ReadOnlySpan<byte> block)
    {
        int first = (int)(position % elementSize);
        if (first > 0)
        {
            int count = Math.Min(elementSize - first, block.Length);
            AddCut(position / elementSize, first, block[..count]);
            block = block[count..];
            position += count;
        }

        int last = block.Length % elementSize;
        if (last > 0)
        {
            AddCut((position + block.Length) / elementSize, 0, block[^last..]);
            block = block[..^last];
        }

        if (!block.IsEmpty)
        {
            ConsumeElements(position / elementSize, block);
        }
    }

    public virtual void Complete()
    {
    }

    /// <param name="first">The number of the first element.</param>
    /// <param name="elements">Whole elements.</param>
    protected abstract void ConsumeElements(long first, ReadOnlySpan<byte> elements);

    private void AddCut(long element, int offset, ReadOnlySpan<byte> part)
    {
        byte[] bytes;
        lock (gate)
        {
            (bytes, int count) = cut.TryGetValue(element, out var known) ? known : (new byte[elementSize], 0);
            part.CopyTo(bytes.AsSpan(offset));
            count += part.Length;
            cut[element] = (bytes, count);
            if (count < bytes.Length)
            {
                return;
            }

            cut.Remove(element);
        }

        ConsumeElements(element, bytes);
    }
}
