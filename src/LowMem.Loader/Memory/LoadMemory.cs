using LowMem.Loader.Memory.Limits;
using LowMem.Loader.Native;

namespace LowMem.Loader.Memory;

/// <summary>What a load takes beside the values: a cgroup ends the process where that was forgotten.</summary>
internal static class LoadMemory
{
    /// <summary>
    /// The bytes that have to be left over. Threads, page tables and compiled code of a load took up to 20 MiB in a cgroup that had
    /// just enough for the values.
    /// </summary>
    public const long Margin = 32L << 20;

    // What libtorch takes when it is loaded first. Of its files only what is written to counts as memory, and all as address space.
    private const long TorchBytes = 64L << 20;
    private const long TorchAddressSpace = 576L << 20;

    /// <summary>The bytes that the values of a load may take.</summary>
    public static long GetAvailableBytes()
    {
        var (memory, addressSpace) = NativeLibraryLoader.IsLoaded ? (Margin, Margin) : (Margin + TorchBytes, Margin + TorchAddressSpace);
        return OperatingSystem.IsLinux()
            ? new LinuxMemory("/").GetAvailableBytes(memory, addressSpace)
            : Math.Max(0, AvailableMemory.GetBytes() - memory);
    }
}
