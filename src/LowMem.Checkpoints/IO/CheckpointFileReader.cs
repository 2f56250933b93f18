using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.IO;

/// <summary>Reads ranges of one file. Safe for several threads; says in plain words why a file cannot be read.</summary>
internal sealed class CheckpointFileReader : IDisposable
{
    private readonly SafeFileHandle handle;
    private readonly ReadMeter? meter = ReadMeter.Current;
    private long bytesRead;

    private CheckpointFileReader(string path, SafeFileHandle handle)
    {
        this.handle = handle;
        Path = path;
        Length = RandomAccess.GetLength(handle);
        LastWriteTimeUtc = File.GetLastWriteTimeUtc(handle);
    }

    public string Path { get; }

    public long Length { get; }

    public DateTime LastWriteTimeUtc { get; }

    /// <summary>How many bytes have been read so far.</summary>
    public long BytesRead => Interlocked.Read(ref bytesRead);

    /// <exception cref="CheckpointException">The file is not there or may not be read.</exception>
    public static CheckpointFileReader Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            // Delete is shared so that a reader never keeps somebody from replacing the file.
            handle = File.OpenHandle(path, share: FileShare.Read | FileShare.Delete);
            return new CheckpointFileReader(path, handle);
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            handle?.Dispose();
            throw FileErrors.Wrap(exception, path);
        }
    }

    public CheckpointFile Describe() => new(Path, Length, LastWriteTimeUtc);

    /// <summary>Fills the span from a place in the file.</summary>
    /// <exception cref="CheckpointException">The file ends before the span is full.</exception>
    public void ReadAt(long offset, Span<byte> destination, string what)
    {
        int done = 0;
        try
        {
            while (done < destination.Length)
            {
                int read = RandomAccess.Read(handle, destination[done..], offset + done);
                if (read == 0)
                {
                    throw new CheckpointException(
                        CheckpointErrorIds.Truncated,
                        Path,
                        $"truncated: {what} needs the bytes up to {offset + destination.Length}, and the file has {Length}. Get the file again.")
                    {
                        Offset = offset + done,
                    };
                }

                done += read;
                Interlocked.Add(ref bytesRead, read);
                meter?.Add(read);
            }
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw FileErrors.Wrap(exception, Path);
        }
    }

    /// <summary>A range as a new array. The length has been checked against the file by then.</summary>
    public byte[] ReadRange(long offset, long length, string what)
    {
        if (offset < 0 || length < 0 || length > Length - offset)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Truncated,
                Path,
                $"truncated: {what} is {length} bytes at offset {offset}, and the file has {Length}. Get the file again.")
            {
                Offset = offset,
            };
        }

        if (length > Array.MaxLength)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported, Path, $"{what} is {length} bytes, more than the {Array.MaxLength} read here.");
        }

        var bytes = GC.AllocateUninitializedArray<byte>((int)length);
        ReadAt(offset, bytes, what);
        return bytes;
    }

    public void Dispose() => handle.Dispose();
}
