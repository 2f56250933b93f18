namespace LowMem.Checkpoints.IO;

/// <summary>A storage whose bytes are in memory: unfolded, or pickled with their tensor.</summary>
internal sealed class MemoryStorageBytes(byte[] content) : IStorageBytes
{
    public void Read(long offset, Span<byte> destination) =>
        content.AsSpan(checked((int)offset), destination.Length).CopyTo(destination);
}
