namespace LowMem.Loader.Memory.Direct;

/// <summary>
/// Memory of one thread that a disk can write to by itself, in large pages: a request to a disk has a limit of pieces, and small pages
/// are a piece each. Taken when it is first used.
/// </summary>
/// <param name="length">The most that is read at a time.</param>
internal sealed unsafe class DirectBuffer(int length) : IDisposable
{
    /// <summary>What a file system wants addresses, places and lengths to be multiples of: no block of a disk is larger.</summary>
    public const int Alignment = 4096;

    private LargePageMemory? memory;

    /// <summary>The whole of it: what was asked for, and a block of the disk at either end.</summary>
    public Span<byte> Bytes
    {
        get
        {
            int all = length + (2 * Alignment);
            memory ??= new LargePageMemory(all);
            return new Span<byte>((void*)memory.Address, all);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => memory?.Dispose();
}
