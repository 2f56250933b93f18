using System.Runtime.InteropServices;
using LowMem.Loader.Memory;

namespace LowMem.Benchmarks;

/// <summary>Memory that nobody has used yet, with large pages where they are to be had; none of it is touched.</summary>
internal sealed unsafe class FreshMemory : MemoryRange
{
    private const int PageSize = 4096;
    private readonly LargePageMemory? large;

    /// <summary>Takes address space for a number of bytes; not 0.</summary>
    public FreshMemory(long byteLength)
    {
        large = OperatingSystem.IsLinux() ? new LargePageMemory(byteLength) : null;
        Address = large?.Address ?? (nint)NativeMemory.AlignedAlloc((nuint)byteLength, PageSize);
    }

    public override nint Address { get; }

    /// <summary>
    /// Takes memory, uses every page of it, and gives it back. A virtual machine gets memory from its host only when it
    /// is touched, which takes many times as long as the rest of a load and has nothing to do with it.
    /// </summary>
    public static void MakeReady(long byteLength)
    {
        if (byteLength == 0)
        {
            return;
        }

        using var memory = new FreshMemory(byteLength);
        for (long offset = 0; offset < byteLength; offset += PageSize)
        {
            ((byte*)memory.Address)[offset] = 1;
        }
    }

    public override void Dispose()
    {
        if (large is not null)
        {
            large.Dispose();
        }
        else
        {
            NativeMemory.AlignedFree((void*)Address);
        }
    }
}
