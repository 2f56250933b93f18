using LowMem.Checkpoints.Sources;
using LowMem.Loader.Memory.Prefetch;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Loader.Memory.Direct;

/// <summary>A file whose bytes the disk writes straight into memory (O_DIRECT of Linux).</summary>
internal sealed class DirectFile : IDisposable
{
    private readonly CheckpointFile version;
    private readonly SafeFileHandle handle;
    private readonly CachedPages pages;
    private volatile bool isRefused;

    private DirectFile(CheckpointFile version, SafeFileHandle handle, CachedPages pages)
    {
        this.version = version;
        this.handle = handle;
        this.pages = pages;
    }

    /// <summary>Opens a file as the one that was listed; null where it cannot be read in this way.</summary>
    /// <exception cref="Checkpoints.Diagnostics.CheckpointException">It is gone or changed.</exception>
    public static DirectFile? TryOpen(CheckpointFile file)
    {
        if (file.Location != CheckpointLocation.Local || !PosixCalls.CanReadDirectly)
        {
            return null;
        }

        // What is open by now is opened once more, and not whatever has its name.
        using var listed = ListedFile.Open(file);
        var handle = PosixCalls.OpenDirect($"/proc/self/fd/{listed.DangerousGetHandle()}");
        if (handle.IsInvalid)
        {
            handle.Dispose();
            return null;
        }

        return new DirectFile(file, handle, CachedPages.Open(file));
    }

    /// <summary>Reads a part that is not in the page cache.</summary>
    /// <returns>False when it is, or cannot be read in this way: then nothing was done.</returns>
    public bool TryRead(long offset, Span<byte> destination, DirectBuffer buffer)
    {
        if (isRefused || pages.Contains(offset, destination.Length))
        {
            return false;
        }

        long start = offset / DirectBuffer.Alignment * DirectBuffer.Alignment;
        int skipped = (int)(offset - start);
        int wanted = skipped + destination.Length;
        int done = 0;
        try
        {
            var target = buffer.Bytes[..((wanted + DirectBuffer.Alignment - 1) / DirectBuffer.Alignment * DirectBuffer.Alignment)];
            while (done < wanted)
            {
                int read = RandomAccess.Read(handle, target[done..], start + done);
                done += read;
                if (read == 0 || (done < wanted && done % DirectBuffer.Alignment != 0))
                {
                    // The end of the file, before the place where it was: whoever reads it in the other way says so.
                    return false;
                }
            }

            target.Slice(skipped, destination.Length).CopyTo(destination);
            return true;
        }
        catch (Exception error) when (error is IOException || MemoryErrors.IsOutOfMemory(error))
        {
            // This file system does not do it after all, or there is no memory for it.
            isRefused = true;
            return false;
        }
    }

    /// <summary>Makes sure that the file was not written to since it was listed.</summary>
    /// <exception cref="Checkpoints.Diagnostics.CheckpointException">It was.</exception>
    public void CheckUnchanged() => ListedFile.CheckUnchanged(version, handle);

    /// <inheritdoc/>
    public void Dispose()
    {
        pages.Dispose();
        handle.Dispose();
    }
}
