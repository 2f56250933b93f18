using System.Runtime.InteropServices;

namespace LowMem.Loader.Native;

/// <summary>Gives memory that was freed back to the operating system.</summary>
internal static partial class FreedMemory
{
    /// <summary>
    /// Returns the free pages of the C heap. glibc keeps freed blocks below its mmap threshold for itself, and that
    /// threshold grows to 32 MiB as a process frees larger ones. On other systems there is nothing to do.
    /// </summary>
    public static void Return()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = MallocTrim(0);
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
        {
            // Not glibc: the allocator has rules of its own.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
