using LowMem.Checkpoints.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Sources;

/// <summary>A file that is written at any place, by several threads.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly SafeFileHandle handle;
    private readonly string shown;

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
}
