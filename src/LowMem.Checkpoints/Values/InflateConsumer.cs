using System.IO.Compression;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values;

/// <summary>Unfolds compressed content as it is read, and hands it on to those who want ranges of it.</summary>
#pragma warning disable CA1001 // It is disposed of when it is complete; what a failed pass leaves behind is finalized.
internal sealed class InflateConsumer(StoredContent content) : IBlockConsumer
#pragma warning restore CA1001
{
    /// <summary>A multiple of every element size.</summary>
    private const int BufferLength = 256 << 10;

    private readonly List<BlockRange> ranges = [];
    private readonly List<BlockRange> active = [];
    private readonly Feed feed = new();
    private DeflateStream? inflater;
    private byte[] buffer = [];
    private int filled;
    private long position;
    private int firstLater;

    public bool IsInOrder => true;

    /// <summary>Adds a range of the content; before anything is read.</summary>
    public void Add(BlockRange range) => ranges.Add(range);

    public void Consume(long position, ReadOnlySpan<byte> block)
    {
        if (inflater is null)
        {
            ranges.Sort((left, right) => left.Start.CompareTo(right.Start));
            inflater = new DeflateStream(feed, CompressionMode.Decompress);
            buffer = new byte[BufferLength];
        }

        feed.Bytes = block.ToArray();
        Inflate();
    }

    public void Complete()
    {
        inflater?.Dispose();
        if (content.Problem is null)
        {
            HandOn();
            if (position < content.Length)
            {
                Fail($"unfolds to less than the {content.Length} bytes it claims");
            }
        }

        buffer = [];
    }

    private void Inflate()
    {
        try
        {
            // Nothing comes when more of the compressed bytes are needed.
            while (content.Problem is null && inflater!.Read(buffer, filled, buffer.Length - filled) is > 0 and var count)
            {
                filled += count;
                if (position + filled > content.Length)
                {
                    Fail($"unfolds to more than the {content.Length} bytes it claims");
                }
                else if (filled == buffer.Length)
                {
                    HandOn();
                }
            }
        }
        catch (InvalidDataException exception)
        {
            Fail($"does not unfold: {exception.Message}");
        }
    }

    private void HandOn()
    {
        var block = buffer.AsSpan(0, filled);
        active.RemoveAll(range => range.End <= position);
        for (; firstLater < ranges.Count && ranges[firstLater].Start < position + filled; firstLater++)
        {
            active.Add(ranges[firstLater]);
        }

        foreach (var range in active)
        {
            range.Consume(position, block);
        }

        position += filled;
        filled = 0;
    }

    private void Fail(string problem)
    {
        content.Problem = problem;
        if (!content.MayBeBroken)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, content.Path, $"the compressed content at {content.Offset} {problem}.")
            {
                Offset = content.Offset,
            };
        }
    }

    /// <summary>A stream whose bytes come from time to time; meanwhile it has none.</summary>
    private sealed class Feed : MemoryStream
    {
        private int done;

        public byte[] Bytes
        {
            private get;
            set
            {
                field = value;
                done = 0;
            }
        }

            = [];

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int count = Math.Min(buffer.Length, Bytes.Length - done);
            Bytes.AsSpan(done, count).CopyTo(buffer);
            done += count;
            return count;
        }
    }
}
