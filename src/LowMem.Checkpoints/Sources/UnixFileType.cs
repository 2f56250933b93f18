using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Sources;

/// <summary>What kind of thing is at a path on Linux and macOS; .NET tells no more than that it is no directory.</summary>
/// <remarks>
/// By the library through which .NET itself calls the system: it hides that the structure of <c>stat</c> differs from
/// system to system. Its own structure begins with two integers, flags and mode; the rest is not looked at.
/// </remarks>
internal static unsafe partial class UnixFileType
{
    private const string Library = "libSystem.Native";

    // More than the structure takes, so that a longer one does no harm.
    private const int StatusLength = 512;
    private const int TypeMask = 0xf000;
    private const int RegularType = 0x8000;
    private const int DirectoryType = 0x4000;

    /// <summary>
    /// File systems of Linux whose files are no data but the kernel itself: proc, sysfs, debugfs, tracefs, securityfs,
    /// cgroup, cgroup2, devpts, configfs, bpf, pstore, efivarfs, selinuxfs (f_type of <c>linux/magic.h</c>). Their files
    /// are called regular, have length 0 or a made-up one, and <c>/proc/self/mem</c> is the memory of the process.
    /// </summary>
    private static bool IsOfKernel(uint fileSystem) => fileSystem is
        0x9fa0 or 0x62656572 or 0x64626720 or 0x74726163 or 0x73636673 or 0x27e0eb or 0x63677270 or 0x1cd1
        or 0x62656570 or 0xcafe4a11 or 0x6165676c or 0xde5e81e4 or 0xf97cff8c;

    /// <summary>What is at the path, in words, unless it is a file, a directory, or cannot be looked at; then null.</summary>
    public static string? DescribeSpecial(string path)
    {
        byte* status = stackalloc byte[StatusLength];
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return Stat(name, status) == 0 ? Describe(status) : null;
        }
    }

    /// <summary>What was opened, in words, unless it is a regular file; then null.</summary>
    public static string? DescribeSpecial(SafeFileHandle handle)
    {
        byte* status = stackalloc byte[StatusLength];
        if (StatHandle(handle, status) == 0 && Describe(status) is { } special)
        {
            return special;
        }

        return OperatingSystem.IsLinux() && IsOfKernel(GetFileSystemType(handle))
            ? "a file of the kernel, which holds no data of its own"
            : null;
    }

    /// <summary>Whether a directory was opened: it opens like a file, and cannot be read like one.</summary>
    public static bool IsDirectory(SafeFileHandle handle)
    {
        byte* status = stackalloc byte[StatusLength];
        return StatHandle(handle, status) == 0 && (((int*)status)[1] & TypeMask) == DirectoryType;
    }

    private static string? Describe(byte* status) => (((int*)status)[1] & TypeMask) switch
    {
        // To read a directory is an error of its own.
        RegularType or DirectoryType => null,
        0x1000 => "a named pipe (FIFO)",
        0x2000 => "a character device",
        0x6000 => "a block device",
        0xc000 => "a socket",
        _ => "no file with content",
    };

    [LibraryImport(Library, EntryPoint = "SystemNative_Stat")]
    private static partial int Stat(byte* path, byte* status);

    [LibraryImport(Library, EntryPoint = "SystemNative_FStat")]
    private static partial int StatHandle(SafeHandle handle, byte* status);

    [LibraryImport(Library, EntryPoint = "SystemNative_GetFileSystemType")]
    private static partial uint GetFileSystemType(SafeHandle handle);
}
