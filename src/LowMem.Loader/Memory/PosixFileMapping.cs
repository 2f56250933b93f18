using Microsoft.Win32.SafeHandles;

namespace LowMem.Loader.Memory;

/// <summary>A file mapped by <c>mmap</c>.</summary>
/// <remarks>
/// Not <see cref="System.IO.MemoryMappedFiles.MemoryMappedFile"/>: a writable private map is charged against memory
/// in full, so that a file larger than RAM fails with ENOMEM, unless MAP_NORESERVE is given.
/// </remarks>
internal sealed class PosixFileMapping : FileMapping
{
    private const int LinuxNoReserve = 0x4000;
    private const int MacNoReserve = 0x40;
    private readonly nuint byteLength;
    private nint address;

    public PosixFileMapping(SafeFileHandle file, long length)
    {
        byteLength = (nuint)length;
        var flags = PosixCalls.Private | (OperatingSystem.IsMacOS() ? MacNoReserve : LinuxNoReserve);
        address = PosixCalls.Map(0, byteLength, PosixCalls.ReadWrite, flags, file, 0);
        if (address == PosixCalls.MapFailed)
        {
            address = 0;
            throw MemoryErrors.OfMap(length);
        }
    }

    public override nint Address => address;

    public override void Dispose()
    {
        if (address != 0)
        {
            _ = PosixCalls.Unmap(address, byteLength);
            address = 0;
        }
    }
}
