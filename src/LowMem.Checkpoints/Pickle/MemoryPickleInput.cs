using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Pickle;

/// <summary>A pickle that is in memory as a whole.</summary>
internal sealed class MemoryPickleInput(ReadOnlyMemory<byte> data) : IPickleInput
{
    private readonly ArraySegment<byte> bytes = MemoryMarshal.TryGetArray(data, out var segment) ? segment : data.ToArray();

    public long Length => bytes.Count;

    public ArraySegment<byte> Read(long position, long atLeast) => bytes[(int)position..];

    public IPickleInput Share() => this;
}
