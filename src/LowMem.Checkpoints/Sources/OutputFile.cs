using System.Runtime.InteropServices;
using LowMem.Checkpoints.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Sources;

/// <summary>A file that is written at any place, by several threads.</summary>
internal sealed partial class OutputFile : IDisposable
{
    /// <summary>So many bytes are written before the system is told to bring them to the disk: the flush at the end then has little to do.</summary>
    private const long WritebackLength = 16 << 20;

    // SYNC_FILE_RANGE_WRITE: begins, and does not wait.
    private const uint BeginWriteback = 2;

    private readonly SafeFileHandle handle;
    private readonly string shown;
    private long waiting;

    /// <param name="path">Where it is written.</param>
    /// <param name="shown">What errors name: the file that it is to be.</param>
    /// <param name="isNew">Whether it is made, or one that is there is opened.</param>
    /// <exception cref="CheckpointException">It cannot be made.</exception>
    public OutputFile(string path, string shown, bool isNew)
    {
        this.shown = shown;
        try
        {
            handle = File.OpenHandle(path, isNew ? FileMode.Create : FileMode.Open, isNew ? FileAccess.ReadWrite : FileAccess.Read, FileShare.Read);
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw AtomicFile.Wrap(exception, shown);
        }
    }

    /// <summary>The bytes there are.</summary>
    public long Length => RandomAccess.GetLength(handle);

    /// <exception cref="CheckpointException">It cannot be written; the disk is full.</exception>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(handle, bytes, offset);
            if (OperatingSystem.IsLinux() && Interlocked.Add(ref waiting, bytes.Length) >= WritebackLength && Interlocked.Exchange(ref waiting, 0) > 0)
            {
                // A hint: where it fails, the flush does all of it.
                _ = SyncFileRange(handle, 0, 0, BeginWriteback);
            }
        }
        catch (ArgumentOutOfRangeException exception)
        {
            // What .NET makes of EFBIG: the file would be larger than a limit allows.
            throw AtomicFile.Full(exception, shown);
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw AtomicFile.Wrap(exception, shown);
        }
    }

    /// <summary>Fills the span from a place.</summary>
    /// <exception cref="CheckpointException">It cannot be read, or ends earlier.</exception>
    public void Read(long offset, Span<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                int read = RandomAccess.Read(handle, bytes, offset);
                if (read == 0)
                {
                    throw new CheckpointException(CheckpointErrorIds.Truncated, shown, $"what was written ends at byte {offset}.");
                }

                offset += read;
                bytes = bytes[read..];
            }
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw FileErrors.Wrap(exception, shown);
        }
    }

    /// <summary>Has the disk hold what was written.</summary>
    /// <exception cref="CheckpointException">It cannot be written; the disk is full.</exception>
    public void Flush()
    {
        try
        {
            RandomAccess.FlushToDisk(handle);
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw AtomicFile.Wrap(exception, shown);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);
}
