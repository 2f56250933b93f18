using Microsoft.Win32.SafeHandles;

namespace LowMem.Loader.Memory;

/// <summary>
/// The bytes of a whole file in the address space, private to the process: a write changes a copy of the page,
/// never the file. The file must not be truncated while it is mapped: a page that is gone ends the process.
/// </summary>
internal abstract class FileMapping : MemoryRange
{
    /// <summary>Maps a file that is open for reading; the handle may be closed afterwards.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="length">Its length in bytes; not 0.</param>
    /// <exception cref="OutOfMemoryException">There is no address space for it, or no memory for its tables.</exception>
    /// <exception cref="IOException">The operating system refused for another reason.</exception>
    public static FileMapping Create(SafeFileHandle handle, long length) =>
        OperatingSystem.IsWindows()
            ? new ViewFileMapping(handle, length)
            : new PosixFileMapping(handle, length);
}
