namespace LowMem.Checkpoints.Values;

/// <summary>A storage whose bytes are in memory: unfolded, or pickled with their tensor.</summary>
internal sealed class MemoryStorageBytes(ReadOnlyMemory<byte> content) : IStorageBytes
{
    public ReadOnlyMemory<byte>? Content => content;

    public void Read(long offset, Span<byte> destination) =>
        content.Span.Slice(checked((int)offset), destination.Length).CopyTo(destination);
}
