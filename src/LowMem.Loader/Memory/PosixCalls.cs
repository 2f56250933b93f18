using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Loader.Memory;

/// <summary>The functions of the C library for address space, and the constants that all systems agree on.</summary>
internal static partial class PosixCalls
{
    /// <summary>PROT_READ and PROT_WRITE.</summary>
    public const int ReadWrite = 1 | 2;

    /// <summary>MAP_PRIVATE.</summary>
    public const int Private = 2;

    /// <summary>What <c>mmap</c> returns when it fails.</summary>
    public const nint MapFailed = -1;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(nint address, nuint length);

    /// <summary>Whether files can be opened by <see cref="OpenDirect"/>: the flags below are those of this system.</summary>
    public static bool CanReadDirectly { get; } = OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Opens a file to read it past the page cache; an invalid handle where that cannot be.</summary>
    public static SafeFileHandle OpenDirect(string path)
    {
        // O_RDONLY, O_NONBLOCK, O_CLOEXEC and O_DIRECT.
        int direct = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;
        return new SafeFileHandle(OpenFile(path, 0x800 | 0x80000 | direct), ownsHandle: true);
    }

    /// <summary>Says that a file is read from front to back: Linux then reads twice as far ahead, and begins with the first read.</summary>
    public static void AdviseSequential(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux())
        {
            const int sequential = 2;
            _ = AdviseFile(file, 0, 0, sequential);
        }
    }

    /// <summary>Says that a part of a file is not needed in the page cache. Whole pages go that nobody has mapped or is writing.</summary>
    public static void AdviseNotNeeded(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux())
        {
            const int dontNeed = 4;
            _ = AdviseFile(file, offset, length, dontNeed);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int AdviseFile(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "mincore")]
    public static partial int FindPresent(nint address, nuint length, [Out] byte[] present);

    [LibraryImport("libc", EntryPoint = "madvise")]
    public static partial int Advise(nint address, nuint length, int advice);
}
