using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>Things in a directory that are no files. Only Linux and macOS have them.</summary>
internal static partial class SpecialFiles
{
    private const int OwnerReadsAndWrites = 0x180;

    /// <summary>Makes a named pipe that nobody ever writes to.</summary>
    public static string MakePipe(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no named pipes in directories.");
        Assert.Equal(0, MakeFifo(path, OwnerReadsAndWrites));
        return path;
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, int mode);
}
