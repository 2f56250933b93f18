using System.Runtime.InteropServices;

namespace LowMem.Loader.Memory.Direct;

/// <summary>Memory of one thread that a disk can write to by itself. Taken when it is first used.</summary>
internal sealed unsafe class DirectBuffer(int length) : IDisposable
{
    /// <summary>What a file system wants addresses, places and lengths to be multiples of: no block of a disk is larger.</summary>
    public const int Alignment = 4096;

    private void* memory;

    /// <summary>The whole of it: what was asked for, and a block of the disk at either end.</summary>
    public Span<byte> Bytes
    {
        get
        {
            int all = length + (2 * Alignment);
            memory = memory is null ? NativeMemory.AlignedAlloc((nuint)all, Alignment) : memory;
            return new Span<byte>(memory, all);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
    }
}
