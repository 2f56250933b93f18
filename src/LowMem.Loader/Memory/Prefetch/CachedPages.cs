using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Loader.Memory.Prefetch;

/// <summary>Which pages of a file are in memory. On Linux, a map of the file tells; nothing of it is read for that.</summary>
internal sealed class CachedPages : IDisposable
{
    private readonly FileMapping? mapping;
    private readonly long fileLength;

    private CachedPages(FileMapping? mapping, long fileLength)
    {
        this.mapping = mapping;
        this.fileLength = fileLength;
    }

    /// <summary>Opens a file as the one that was listed.</summary>
    public static CachedPages Open(CheckpointFile file)
    {
        if (!OperatingSystem.IsLinux() || file.Length == 0)
        {
            return new CachedPages(null, file.Length);
        }

        try
        {
            using var handle = ListedFile.Open(file);
            return new CachedPages(FileMapping.Create(handle, file.Length), file.Length);
        }
        catch (Exception error) when (error is IOException || MemoryErrors.IsOutOfMemory(error))
        {
            // No address space for it: then it is not known.
            return new CachedPages(null, file.Length);
        }
    }

    /// <summary>Whether all pages of a part are in memory; false where that cannot be told.</summary>
    public bool Contains(long offset, int length) => Count(offset, length) is var (cached, all) && cached == all;

    /// <summary>How many pages a part has, and how many of them are in memory.</summary>
    public (long Cached, long All) Count(long offset, int length)
    {
        int page = Environment.SystemPageSize;
        long first = offset / page * page;
        long end = Math.Min(offset + length, fileLength);
        var present = new byte[Math.Max(1, (end - first + page - 1) / page)];
        if (mapping is null || PosixCalls.FindPresent(checked((nint)(mapping.Address + first)), (nuint)(end - first), present) != 0)
        {
            return (0, present.Length);
        }

        return (present.LongCount(flags => (flags & 1) != 0), present.Length);
    }

    /// <summary>Says that what is read into memory by <see cref="TryFill"/> shall be large pages, where the file system has them.</summary>
    public void AdviseLargePages()
    {
        if (mapping is not null)
        {
            HugePages.Advise(mapping.Address, fileLength);
        }
    }

    /// <summary>Reads a part of the file into the page cache, and copies it nowhere.</summary>
    /// <returns>False when that cannot be done, or not in this way: Linux can since 5.14.</returns>
    public bool TryFill(long offset, int length)
    {
        const int populateForRead = 22;
        int page = Environment.SystemPageSize;
        long first = offset / page * page;
        long end = Math.Min(offset + length, fileLength);
        return mapping is not null && PosixCalls.Advise(checked((nint)(mapping.Address + first)), (nuint)(end - first), populateForRead) == 0;
    }

    /// <inheritdoc/>
    public void Dispose() => mapping?.Dispose();
}
