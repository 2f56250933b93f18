namespace LowMem.Checkpoints.Values;

/// <summary>A part of a file that is in memory as long as somebody still needs it.</summary>
/// <param name="stream">The file.</param>
/// <param name="position">The first byte, from the start of the file.</param>
/// <param name="length">The number of bytes.</param>
/// <param name="buffer">The memory, which may be longer.</param>
internal sealed class Block(BlockStream stream, long position, int length, byte[] buffer)
{
    public BlockStream Stream => stream;

    public long Position => position;

    public long End => position + length;

    public byte[] Buffer => buffer;

    public Span<byte> Bytes => buffer.AsSpan(0, length);

    /// <summary>The ranges that whoever reads the block serves at once.</summary>
    public List<BlockRange> AtOnce { get; } = [];

    /// <summary>The ranges that want their blocks in order, and have more than this one.</summary>
    public List<BlockRange> InOrder { get; } = [];

    /// <summary>Whether the bytes have been read.</summary>
    public bool IsRead { get; set; }

    /// <summary>How many still need it: all of <see cref="InOrder"/>, and the thread that reads it.</summary>
    public int Uses { get; set; }
}
