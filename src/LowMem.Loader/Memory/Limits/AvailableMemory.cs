using System.Runtime.InteropServices;

namespace LowMem.Loader.Memory.Limits;

/// <summary>How much memory this process could still have.</summary>
public static partial class AvailableMemory
{
    /// <summary>
    /// The bytes that could be had now. Linux: <c>MemAvailable</c> of <c>/proc/meminfo</c>, or what the limits of the cgroups
    /// of this process and <c>ulimit -v</c> leave, when that is less; caches that can be dropped count as available. Windows: what is free of
    /// physical memory or of the commit limit, whichever is less. macOS: physical memory without what the runtime saw in use
    /// at its last collection, for want of anything better.
    /// </summary>
    public static long GetBytes()
    {
        if (OperatingSystem.IsLinux())
        {
            return new LinuxMemory("/").GetAvailableBytes();
        }

        return OperatingSystem.IsWindows() ? GetWindowsBytes() : GetRuntimeBytes();
    }

    /// <summary>
    /// What the process can have at most, and why no more. Linux: the above, and free swap space; Windows: what is left of the
    /// commit limit; elsewhere nothing is known.
    /// </summary>
    internal static MemoryLimit GetLimit() =>
        OperatingSystem.IsLinux() ? new LinuxMemory("/").GetLimit()
        : OperatingSystem.IsWindows() && FindWindowsStatus() is { } status
            ? new MemoryLimit(checked((long)status.AvailablePageFile), "what is left of the commit limit: physical memory and page file")
        : MemoryLimit.None;

    private static long GetRuntimeBytes()
    {
        var info = GC.GetGCMemoryInfo();
        if (info.Index == 0)
        {
            GC.Collect(0, GCCollectionMode.Forced);
            info = GC.GetGCMemoryInfo();
        }

        return Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes);
    }

    private static long GetWindowsBytes() => FindWindowsStatus() is { } status
        ? checked((long)Math.Min(status.AvailablePhysical, status.AvailablePageFile))
        : GetRuntimeBytes();

    private static unsafe MemoryStatus? FindWindowsStatus()
    {
        var status = new MemoryStatus { Length = (uint)sizeof(MemoryStatus) };
        return GlobalMemoryStatusEx(ref status) ? status : null;
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GlobalMemoryStatusEx(ref MemoryStatus status);

    /// <summary>MEMORYSTATUSEX.</summary>
    private struct MemoryStatus
    {
        public uint Length;
        public uint MemoryLoad;
        public ulong TotalPhysical;
        public ulong AvailablePhysical;
        public ulong TotalPageFile;
        public ulong AvailablePageFile;
        public ulong TotalVirtual;
        public ulong AvailableVirtual;
        public ulong AvailableExtendedVirtual;
    }
}
