using LowMem.Checkpoints.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Sources;

/// <summary>Reads ranges of one file. Safe for several threads; says in plain words why a file cannot be read.</summary>
internal sealed class CheckpointFileReader : IDisposable
{
    private readonly SafeFileHandle? handle;
    private readonly ReadMeter? meter = ReadMeter.Current;
    private readonly CheckpointFileReader? whole;
    private readonly long start;
    private readonly ReadOnlyMemory<byte>? content;
    private readonly FileIdentity? identity;
    private long bytesRead;

    private CheckpointFileReader(string path, SafeFileHandle handle)
    {
        this.handle = handle;
        Path = path;
        Length = RandomAccess.GetLength(handle);
        StoredLength = Length;
        LastWriteTimeUtc = File.GetLastWriteTimeUtc(handle);
        identity = FileIdentities.Of(handle);
    }

    private CheckpointFileReader(CheckpointFileReader whole, long start, long length)
    {
        this.whole = whole;
        this.start = start;
        handle = whole.handle;
        Path = whole.Path;
        Length = length;
        StoredLength = whole.content is null ? length : Math.Min(length, whole.StoredLength);
        LastWriteTimeUtc = whole.LastWriteTimeUtc;
        identity = whole.identity;
    }

    private CheckpointFileReader(CheckpointFileReader file, ReadOnlyMemory<byte> content, long storedLength)
    {
        this.content = content;
        Path = file.Path;
        Length = content.Length;
        StoredLength = storedLength;
        LastWriteTimeUtc = file.LastWriteTimeUtc;
        identity = file.identity;
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>
    /// The bytes that the content takes on disk: fewer than <see cref="Length"/> when it was unfolded. Work and memory are
    /// bounded by them.
    /// </summary>
    public long StoredLength { get; }

    public DateTime LastWriteTimeUtc { get; }

    /// <summary>Where the first byte is in the file at <see cref="Path"/>, or in the memory that it was unfolded to.</summary>
    public long Origin => start + (whole?.Origin ?? 0);

    /// <summary>The whole of what the bytes were unfolded to; null when they are read from the file.</summary>
    public ReadOnlyMemory<byte>? UnfoldedContent => content ?? whole?.UnfoldedContent;

    /// <summary>How many bytes have been read so far.</summary>
    public long BytesRead => Interlocked.Read(ref bytesRead);

    /// <exception cref="CheckpointException">The file is not there, may not be read, or is no regular file.</exception>
    public static CheckpointFileReader Open(string path) =>
        // Delete is shared so that a reader never keeps somebody from replacing the file.
        Open(path, RegularFile.Open(path, FileShare.Read | FileShare.Delete));

    /// <summary>Opens a file again.</summary>
    /// <exception cref="CheckpointException">It is gone, or another one than was listed: see <see cref="ListedFile"/>.</exception>
    public static CheckpointFileReader Open(CheckpointFile listed) =>
        Open(listed.Path, ListedFile.Open(listed, FileShare.Read | FileShare.Delete));

    private static CheckpointFileReader Open(string path, SafeFileHandle handle)
    {
        try
        {
            return new CheckpointFileReader(path, handle);
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            handle.Dispose();
            throw FileErrors.Wrap(exception, path);
        }
    }

    /// <summary>A part of the file as a file of its own. It ends with the whole, and need not be disposed of.</summary>
    public CheckpointFileReader Slice(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return new CheckpointFileReader(this, offset, length);
    }

    /// <summary>What a part of the file unfolds to, as a file of its own under the same path.</summary>
    /// <param name="unfolded">The bytes.</param>
    /// <param name="storedLength">How many they are on disk.</param>
    public CheckpointFileReader WithContent(ReadOnlyMemory<byte> unfolded, long storedLength) => new(this, unfolded, storedLength);

    /// <summary>The version of the file: what was opened, and not what is at the path by now.</summary>
    public CheckpointFile Describe() => new(Path, Length, LastWriteTimeUtc) { Identity = identity };

    /// <summary>Makes sure that the file that is open was not written to meanwhile.</summary>
    /// <exception cref="CheckpointException">It was.</exception>
    public void CheckUnchanged(CheckpointFile listed) => ListedFile.CheckUnchanged(listed, handle!);

    /// <summary>Fills the span from a place in the file.</summary>
    /// <exception cref="CheckpointException">The file ends before the span is full.</exception>
    public void ReadAt(long offset, Span<byte> destination, string what)
    {
        if (whole is not null)
        {
            // What lies behind a part is none of its business.
            if (destination.Length > Length - offset)
            {
                throw Truncated(offset, offset + destination.Length, what);
            }

            whole.ReadAt(start + offset, destination, what);
            return;
        }

        if (content is { } memory)
        {
            if (offset < 0 || destination.Length > Length - offset)
            {
                throw Truncated(offset, offset + destination.Length, what);
            }

            memory.Span.Slice((int)offset, destination.Length).CopyTo(destination);
            return;
        }

        int done = 0;
        try
        {
            while (done < destination.Length)
            {
                int read = RandomAccess.Read(handle!, destination[done..], offset + done);
                if (read == 0)
                {
                    // It was as long as that when it was opened.
                    throw offset + done < Length ? ListedFile.CutOff(Path, offset + done) : Truncated(offset + done, offset + destination.Length, what);
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
                $"truncated: {Length} of at least {(Int128)offset + length} bytes. {Capitalize(what)} is {length} bytes at offset {offset}. Get the file again.")
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

    public void Dispose()
    {
        if (whole is null)
        {
            handle?.Dispose();
        }
    }

    private CheckpointException Truncated(long offset, long end, string what) => new(
        CheckpointErrorIds.Truncated,
        Path,
        $"truncated: {Length} of at least {end} bytes. {Capitalize(what)} is missing in part. Get the file again.")
    {
        Offset = offset,
    };

    private static string Capitalize(string what) => char.ToUpperInvariant(what[0]) + what[1..];
}
