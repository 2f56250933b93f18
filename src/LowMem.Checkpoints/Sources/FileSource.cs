using LowMem.Checkpoints.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Sources;

/// <summary>A regular file of the local file system.</summary>
internal sealed class FileSource : RandomAccessSource
{
    private readonly SafeFileHandle handle;

    private FileSource(SafeFileHandle handle, CheckpointFile version, CancellationToken cancellationToken)
        : base(version.Path, version.Length, cancellationToken)
    {
        this.handle = handle;
        Version = version;
    }

    public override CheckpointFile Version { get; }

    /// <param name="path">The full path.</param>
    /// <param name="cancellationToken">Ends every read that is not given a token of its own.</param>
    /// <exception cref="CheckpointException">The file is not there, may not be read, or is no regular file.</exception>
    public static FileSource Open(string path, CancellationToken cancellationToken)
    {
        // Delete is shared so that a reader never keeps somebody from replacing the file.
        var handle = RegularFile.Open(path, FileShare.Read | FileShare.Delete);
        try
        {
            return new FileSource(handle, Describe(path, handle), cancellationToken);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The version of a file that is open.</summary>
    /// <exception cref="CheckpointException">It cannot be looked at.</exception>
    public static CheckpointFile Describe(string path, SafeFileHandle handle)
    {
        try
        {
            return new CheckpointFile(path, RandomAccess.GetLength(handle), File.GetLastWriteTimeUtc(handle))
            {
                Identity = FileIdentities.Of(handle),
            };
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw FileErrors.Wrap(exception, path);
        }
    }

    public override CheckpointFile LookAgain() => Describe(Name, handle);

    protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken)
    {
        for (int done = 0; done < destination.Length;)
        {
            int read = RandomAccess.Read(handle, destination[done..], offset + done);
            if (read == 0)
            {
                // It was as long as that when it was opened.
                throw ListedFile.CutOff(Name, offset + done);
            }

            done += read;
        }
    }

    protected override void Dispose(bool disposing)
    {
        handle.Dispose();
        base.Dispose(disposing);
    }
}
