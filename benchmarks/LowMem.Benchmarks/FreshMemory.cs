using System.Runtime.InteropServices;
using LowMem.Loader.Memory;

namespace LowMem.Benchmarks;

/// <summary>Memory that nobody has used yet.</summary>
internal static unsafe class FreshMemory
{
    private const int PageSize = 4096;

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

        var memory = Allocate(byteLength);
        for (long offset = 0; offset < byteLength; offset += PageSize)
        {
            ((byte*)memory)[offset] = 1;
        }

        NativeMemory.Free((void*)memory);
    }

    /// <summary>Takes memory, with large pages where they are to be had, and touches none of it.</summary>
    public static nint Allocate(long byteLength)
    {
        var memory = (nint)NativeMemory.Alloc((nuint)byteLength);
        HugePages.Advise(memory, byteLength);
        return memory;
    }
}
