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

    [LibraryImport("libc", EntryPoint = "mincore")]
    public static partial int FindPresent(nint address, nuint length, [Out] byte[] present);

    [LibraryImport("libc", EntryPoint = "madvise")]
    public static partial int Advise(nint address, nuint length, int advice);
}
