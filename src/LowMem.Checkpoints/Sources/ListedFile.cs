using LowMem.Checkpoints.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// The one place that opens a file of a checkpoint again, and makes sure that it is the version that was listed: of the
/// same length and time of last change, and the same file (device and inode, or volume and file id). What was checked is
/// what is loaded, whoever loads it.
/// </summary>
public static class ListedFile
{
    /// <summary>Opens the file for reading.</summary>
    /// <param name="file">The file as it was when it was listed.</param>
    /// <param name="share">What others may do with it meanwhile.</param>
    /// <exception cref="CheckpointException">
    /// It is gone (<see cref="CheckpointErrorIds.NotFound"/>), or another version (<see cref="CheckpointErrorIds.Changed"/>).
    /// </exception>
    public static SafeFileHandle Open(CheckpointFile file, FileShare share = FileShare.ReadWrite | FileShare.Delete)
    {
        ArgumentNullException.ThrowIfNull(file);
        SafeFileHandle handle;
        try
        {
            handle = RegularFile.Open(file.Path, share);
        }
        catch (CheckpointException error) when (error.ErrorId == CheckpointErrorIds.NotFound)
        {
            throw new CheckpointException(
                CheckpointErrorIds.NotFound, file.Path, "the file is gone since it was listed. List it again.", error);
        }

        try
        {
            CheckUnchanged(file, handle);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Makes sure that what was opened is the version that was listed.</summary>
    /// <param name="file">The file as it was when it was listed.</param>
    /// <param name="handle">What is open.</param>
    /// <exception cref="CheckpointException">It is another version.</exception>
    public static void CheckUnchanged(CheckpointFile file, SafeFileHandle handle)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(handle);
        try
        {
            if (DescribeChange(file, handle) is { } change)
            {
                throw new CheckpointException(
                    CheckpointErrorIds.Changed,
                    file.Path,
                    $"{change} since it was listed. Wait until it is complete, and list it again.");
            }
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw FileErrors.Wrap(exception, file.Path);
        }
    }

    /// <summary>The error for a file that ends earlier than it did when it was opened.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">Where it ends now.</param>
    internal static CheckpointException CutOff(string path, long length) => new(
        CheckpointErrorIds.Changed, path, $"the file was cut off at byte {length} while it was read. Wait until it is complete, and list it again.")
    {
        Offset = length,
    };

    private static string? DescribeChange(CheckpointFile file, SafeFileHandle handle)
    {
        long length = RandomAccess.GetLength(handle);
        return length != file.Length ? $"the file was changed, and has {length} bytes instead of {file.Length}"
            : file.Identity is { } identity && FileIdentities.Of(handle) is { } now && now != identity ? "another file was put in its place"
            : File.GetLastWriteTimeUtc(handle) != file.LastWriteTimeUtc ? "the file was written to"
            : null;
    }
}
