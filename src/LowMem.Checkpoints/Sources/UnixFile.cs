using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// Opens files on Linux and macOS without waiting. .NET opens a named pipe only when a writer comes, however short a time
/// before it was something else; with O_NONBLOCK it is open at once, and what was opened can then be looked at.
/// </summary>
internal static partial class UnixFile
{
    // The same on Linux and macOS.
    private const int NotPermitted = 1;
    private const int NoSuchFile = 2;
    private const int Interrupted = 4;
    private const int NoSuchDevice = 6;
    private const int AccessDenied = 13;
    private const int NotADirectory = 20;

    private const int LockShared = 1;
    private const int LockNow = 4;
    private const int Unlock = 8;

    /// <summary>O_RDONLY, O_NONBLOCK, O_NOCTTY and O_CLOEXEC: their values are the system's own.</summary>
    private static readonly int Flags = OperatingSystem.IsMacOS() ? 0x4 | 0x20000 | 0x1000000 : 0x800 | 0x100 | 0x80000;

    // EWOULDBLOCK.
    private static readonly int WouldBlock = OperatingSystem.IsMacOS() ? 35 : 11;

    /// <summary>Whether the values above are those of this system.</summary>
    public static bool IsSupported { get; } = (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Opens what is at the path, a directory or pipe as well. A regular file is ready to be read.</summary>
    /// <returns>A handle that does not wait for data until <see cref="PrepareToRead"/> was called.</returns>
    /// <exception cref="IOException">It is not there or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SafeFileHandle Open(string path)
    {
        string full = Path.GetFullPath(path);
        byte[] name = Encoding.UTF8.GetBytes(full + '\0');
        int descriptor;
        int error;
        do
        {
            descriptor = OpenFile(name, Flags);
            error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == Interrupted);

        return error switch
        {
            0 => new SafeFileHandle(descriptor, ownsHandle: true),
            NoSuchFile or NotADirectory => throw new FileNotFoundException(null, full),
            AccessDenied or NotPermitted => throw new UnauthorizedAccessException(),
            // Opening a socket.
            NoSuchDevice => throw new IOException("it is no file with content."),
            _ => throw new IOException(Marshal.GetPInvokeErrorMessage(error)),
        };
    }

    /// <summary>
    /// Makes of a handle what .NET would have opened: it waits for data, and shares the file as .NET's own programs agree to,
    /// so that one that writes it alone is noticed.
    /// </summary>
    /// <param name="handle">What was opened.</param>
    /// <param name="share">
    /// Where others may write, nothing is kept: a lock would last as long as the file is mapped, not as long as the handle.
    /// </param>
    /// <exception cref="IOException">Another program has the file for itself.</exception>
    public static void PrepareToRead(SafeFileHandle handle, FileShare share)
    {
        if (Lock(handle, LockShared | LockNow) < 0 && Marshal.GetLastPInvokeError() == WouldBlock)
        {
            throw new IOException("another program is using it alone.");
        }

        if (share.HasFlag(FileShare.Write))
        {
            _ = Lock(handle, Unlock);
        }

        _ = SetIsNonBlocking(handle, 0);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int OpenFile(byte[] path, int flags);

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_FLock", SetLastError = true)]
    private static partial int Lock(SafeHandle handle, int operation);

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_FcntlSetIsNonBlocking", SetLastError = true)]
    private static partial int SetIsNonBlocking(SafeHandle handle, int isNonBlocking);
}
