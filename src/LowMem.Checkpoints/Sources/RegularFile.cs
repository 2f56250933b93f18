using LowMem.Checkpoints.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// Opens files to read them, and nothing else: to open a named pipe waits for a writer that may never come, and to read
/// a device may do anything. Whatever reads a file that somebody named opens it here.
/// </summary>
public static class RegularFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file; a link is followed.</param>
    /// <param name="share">What others may do with it meanwhile.</param>
    /// <exception cref="CheckpointException">It is not there, may not be read, or is no regular file.</exception>
    public static SafeFileHandle Open(string path, FileShare share = FileShare.Read | FileShare.Delete)
    {
        Check(path);
        return OpenChecked(path, share);
    }

    /// <summary>
    /// Opens what a look at the path found to be a file. Something else may have taken its place since: it is opened without
    /// waiting, and looked at again.
    /// </summary>
    internal static SafeFileHandle OpenChecked(string path, FileShare share)
    {
        // To the system, such a name ends earlier and is that of another file.
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new CheckpointException(CheckpointErrorIds.NotFound, path, "there is no such file.");
        }

        SafeFileHandle? handle = null;
        try
        {
            handle = UnixFile.IsSupported ? UnixFile.Open(path) : File.OpenHandle(path, share: share);
            Check(path, handle);
            if (UnixFile.IsSupported)
            {
                UnixFile.PrepareToRead(handle, share);
            }

            return handle;
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            handle?.Dispose();
            throw FileErrors.Wrap(exception, path);
        }
        catch
        {
            handle?.Dispose();
            throw;
        }
    }

    /// <summary>Makes sure that what is at a path is a regular file, when there is something and it can be looked at.</summary>
    /// <param name="path">The file; a link is followed.</param>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public static void Check(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!OperatingSystem.IsWindows() && UnixFileType.DescribeSpecial(path) is { } special)
        {
            throw NotRegular(path, special);
        }
    }

    /// <summary>What is wrong with the links of a path: they lead in a circle or to nothing. Null when they do not.</summary>
    /// <param name="path">A full path.</param>
    public static string? DescribeLink(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return FileErrors.DescribeLink(path);
    }

    private static void Check(string path, SafeFileHandle handle)
    {
        // Windows opens named pipes and devices by names of their own (\\.\...), which have no end to seek to.
        string? special = OperatingSystem.IsWindows()
            ? CanSeek(handle) ? null : "a device or a pipe"
            : UnixFileType.DescribeSpecial(handle);
        if (special is not null)
        {
            throw NotRegular(path, special);
        }

        if (UnixFile.IsSupported && UnixFileType.IsDirectory(handle))
        {
            throw new UnauthorizedAccessException();
        }
    }

    private static bool CanSeek(SafeFileHandle handle)
    {
        try
        {
            return RandomAccess.GetLength(handle) >= 0;
        }
        catch (NotSupportedException)
        {
            return false;
        }
    }

    private static CheckpointException NotRegular(string path, string special) => new(
        CheckpointErrorIds.NotRegularFile, path, $"this is {special}. Only regular files are read: name the file itself.");
}
