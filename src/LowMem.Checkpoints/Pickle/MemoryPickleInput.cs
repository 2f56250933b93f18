namespace LowMem.Checkpoints.Pickle;

/// <summary>A pickle that is in memory as a whole.</summary>
internal sealed class MemoryPickleInput(ReadOnlyMemory<byte> data) : IPickleInput
{
    public long Length => data.Length;

    public ReadOnlyMemory<byte> Read(long position, long atLeast) => data[(int)position..];
}
