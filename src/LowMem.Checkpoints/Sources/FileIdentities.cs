using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Sources;

/// <summary>Finds out which file a path or a handle leads to.</summary>
internal static unsafe partial class FileIdentities
{
    private const int StatusLength = 512;

    // Where the runtime's own structure (FileStatus of pal_io.h) has the device and the inode.
    private const int DeviceOffset = 88;
    private const int InodeOffset = 104;

    /// <summary>The file at the path; links are followed. Null when nothing is there, or it cannot be told.</summary>
    public static FileIdentity? Find(string path) => OperatingSystem.IsWindows() ? FindOnWindows(path) : FindOnUnix(path);

    /// <summary>The file that was opened, whatever is at its path by now. Null when it cannot be told.</summary>
    public static FileIdentity? Of(SafeFileHandle handle)
    {
        if (OperatingSystem.IsWindows())
        {
            FileInformation information;
            return GetInformation(handle, &information) ? Of(information) : null;
        }

        byte* status = stackalloc byte[StatusLength];
        return StatHandle(handle, status) == 0 ? Of(status) : null;
    }

    private static FileIdentity Of(byte* status) => new(*(ulong*)(status + DeviceOffset), *(ulong*)(status + InodeOffset));

    private static FileIdentity Of(in FileInformation information) =>
        new(information.VolumeSerialNumber, ((ulong)information.IndexHigh << 32) | information.IndexLow);

    private static FileIdentity? FindOnUnix(string path)
    {
        byte* status = stackalloc byte[StatusLength];
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return Stat(name, status) == 0 ? Of(status) : null;
        }
    }

    private static FileIdentity? FindOnWindows(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Of(handle);
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            return null;
        }
    }

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_Stat")]
    private static partial int Stat(byte* path, byte* status);

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_FStat")]
    private static partial int StatHandle(SafeHandle handle, byte* status);

    [LibraryImport("kernel32", EntryPoint = "GetFileInformationByHandle")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetInformation(SafeFileHandle handle, FileInformation* information);

    /// <summary>BY_HANDLE_FILE_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileInformation
    {
        public uint Attributes;
        public uint CreationTimeLow;
        public uint CreationTimeHigh;
        public uint LastAccessTimeLow;
        public uint LastAccessTimeHigh;
        public uint LastWriteTimeLow;
        public uint LastWriteTimeHigh;
        public uint VolumeSerialNumber;
        public uint SizeHigh;
        public uint SizeLow;
        public uint NumberOfLinks;
        public uint IndexHigh;
        public uint IndexLow;
    }
}
