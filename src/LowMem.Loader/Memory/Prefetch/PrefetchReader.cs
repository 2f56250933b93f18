using LowMem.Checkpoints.Sources;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Loader.Memory.Prefetch;

/// <summary>
/// One thread's view of the files of a prefetch. Each thread has handles of its own, because the kernel reads ahead by handle: it
/// sees one reader that goes from front to back.
/// </summary>
internal sealed class PrefetchReader(IReadOnlyDictionary<string, CheckpointFile> files, int blockLength) : IDisposable
{
    // Reading one page in so many once more costs less than small pages do.
    private const int MostDropped = 16;

    private readonly Dictionary<string, (SafeFileHandle Handle, CachedPages Pages)> opened = new(StringComparer.Ordinal);
    private readonly byte[] block = GC.AllocateUninitializedArray<byte>(blockLength);

    /// <summary>
    /// Finds out whether all pages of a part of a file are in memory; false where that cannot be told. When a few of them are, such as
    /// that of a header that was read, they go: the kernel puts a large page only where there is none.
    /// </summary>
    /// <exception cref="Checkpoints.Diagnostics.CheckpointException">The file is gone or changed.</exception>
    public bool Prepare(string path, long offset, int length)
    {
        var (handle, pages) = Open(path);
        var (cached, all) = pages.Count(offset, length);
        if (cached > 0 && cached <= all / MostDropped)
        {
            PosixCalls.AdviseNotNeeded(handle, offset, length);
        }

        return cached == all;
    }

    /// <summary>Reads a part of a file into the page cache: in large pages where that can be, else by reading what is thrown away.</summary>
    /// <exception cref="Checkpoints.Diagnostics.CheckpointException">The file is gone or changed.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Read(string path, long offset, int length)
    {
        if (Open(path).Pages.TryFill(offset, length))
        {
            return;
        }

        for (int done = 0; done < length;)
        {
            int read = RandomAccess.Read(Open(path).Handle, block.AsSpan(0, length - done), offset + done);
            done += read > 0 ? read : throw new IOException($"{path} is shorter than it was.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (handle, pages) in opened.Values)
        {
            handle.Dispose();
            pages.Dispose();
        }
    }

    private (SafeFileHandle Handle, CachedPages Pages) Open(string path)
    {
        if (!opened.TryGetValue(path, out var file))
        {
            file = (ListedFile.Open(files[path]), CachedPages.Open(files[path]));
            PosixCalls.AdviseSequential(file.Handle);
            file.Pages.AdviseLargePages();
            opened.Add(path, file);
        }

        return file;
    }
}
