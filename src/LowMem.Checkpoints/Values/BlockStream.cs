using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Values;

/// <summary>What is wanted of one file, as blocks in the order of the file. Not safe for several threads.</summary>
internal sealed class BlockStream
{
    /// <summary>A shorter gap between two ranges is read with them.</summary>
    private const int MaxGap = 4096;

    private readonly List<BlockRange> ranges;
    private readonly List<BlockRange> active = [];
    private readonly Queue<(long Start, long End)> stretches = new();
    private readonly List<ByteRange> wanted = [];
    private long next = -1;
    private bool isAnnounced;
    private int firstLater;

    /// <param name="path">The file.</param>
    /// <param name="ranges">None of them empty.</param>
    public BlockStream(string path, List<BlockRange> ranges)
    {
        Path = path;
        this.ranges = ranges;
        ranges.Sort((left, right) => left.Start.CompareTo(right.Start));
        (long start, long end) = (ranges[0].Start, ranges[0].End);
        foreach (var range in ranges)
        {
            if (range.Start - end > MaxGap)
            {
                Add(start, end);
                start = range.Start;
            }

            end = Math.Max(end, range.End);
        }

        Add(start, end);

        void Add(long from, long to)
        {
            stretches.Enqueue((from, to));
            wanted.Add(new ByteRange(from, to - from));
            ByteLength = checked(ByteLength + to - from);
        }
    }

    public string Path { get; }

    /// <summary>Opens the file; for the first block, what will be read of it is said where that saves time.</summary>
    public RandomAccessSource Open(TensorDataReader reader, CancellationToken cancellationToken)
    {
        var file = reader.GetFile(Path);
        if (file.Far is { } far)
        {
            lock (wanted)
            {
                if (!isAnnounced)
                {
                    far.ReadAhead(wanted, cancellationToken);
                    isAnnounced = true;
                }
            }
        }

        return file;
    }

    /// <summary>The bytes that are to be read in all.</summary>
    public long ByteLength { get; private set; }

    /// <summary>Whether all blocks have been given out.</summary>
    public bool IsAtEnd => stretches.Count == 0;

    /// <summary>The blocks given out that somebody waits with for those before them.</summary>
    public int Waiting { get; set; }

    /// <summary>Gives out the next block, whose bytes are not read yet.</summary>
    public Block Take(byte[] buffer)
    {
        var (start, end) = stretches.Peek();
        long position = Math.Max(start, next);
        // Blocks end at the same places of the file whatever else is read of it: figures that are rounded by the block do not depend on it.
        var block = new Block(this, position, (int)Math.Min(buffer.Length - (position % buffer.Length), end - position), buffer);
        next = block.End;
        if (next == end)
        {
            stretches.Dequeue();
        }

        active.RemoveAll(range => range.End <= position);
        for (; firstLater < ranges.Count && ranges[firstLater].Start < block.End; firstLater++)
        {
            active.Add(ranges[firstLater]);
        }

        foreach (var range in active)
        {
            bool isInside = range.Start >= position && range.End <= block.End;
            (range.IsInOrder && !isInside ? block.InOrder : block.AtOnce).Add(range);
        }

        return block;
    }
}
