using System.Runtime.InteropServices;
using LowMem.Checkpoints.Sources;
using LowMem.Loader.Memory.Prefetch;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Tests.Shared;

/// <summary>Takes files out of the page cache of Linux, and looks whether they are.</summary>
internal static partial class PageCache
{
    private const int DontNeed = 4;

    /// <summary>Drops a file.</summary>
    /// <returns>The part of its pages that is still there, from 0 to 1.</returns>
    public static double Drop(string path)
    {
        using (var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
        {
            // A page that is not on the disk yet cannot go.
            RandomAccess.FlushToDisk(handle);
            _ = Advise(handle, 0, 0, DontNeed);
        }

        return GetPart(path);
    }

    /// <summary>The part of a file's pages that is in the cache, from 0 to 1.</summary>
    public static double GetPart(string path)
    {
        CheckpointFile version;
        using (var source = CheckpointLocation.Local.Open(path))
        {
            version = source.Version;
        }

        using var pages = CachedPages.Open(version);
        const int piece = 1 << 28;
        double cached = 0;
        double all = 0;
        for (long offset = 0; offset < version.Length; offset += piece)
        {
            var (some, of) = pages.Count(offset, (int)Math.Min(piece, version.Length - offset));
            cached += some;
            all += of;
        }

        return cached / all;
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
