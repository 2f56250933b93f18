using System.Buffers;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>
/// Memory that somebody holds fast, for as long as a call takes that waits for it to be filled: so that bytes go straight into
/// their place, which may be outside of what .NET manages.
/// </summary>
/// <param name="start">Where it begins.</param>
/// <param name="length">Its bytes.</param>
internal sealed unsafe class PinnedMemory(byte* start, int length) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => new(start, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
