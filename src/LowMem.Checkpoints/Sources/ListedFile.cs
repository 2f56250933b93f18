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
    /// <summary>Opens the file for reading, where it was opened before.</summary>
    /// <param name="file">The file as it was when it was listed.</param>
    /// <exception cref="CheckpointException">
    /// It is gone (<see cref="CheckpointErrorIds.NotFound"/>), or another version (<see cref="CheckpointErrorIds.Changed"/>).
    /// </exception>
    public static RandomAccessSource OpenSource(CheckpointFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Open(file, () => file.Location.OpenUnbuffered(file.Path), source => source.Version);
    }

    /// <summary>Opens a file of the local file system, to map it.</summary>
    /// <param name="file">The file as it was when it was listed.</param>
    /// <param name="share">What others may do with it meanwhile.</param>
    /// <exception cref="CheckpointException">
    /// It is gone (<see cref="CheckpointErrorIds.NotFound"/>), or another version (<see cref="CheckpointErrorIds.Changed"/>).
    /// </exception>
    public static SafeFileHandle Open(CheckpointFile file, FileShare share = FileShare.ReadWrite | FileShare.Delete)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Open(file, () => RegularFile.Open(file.Path, share), handle => FileSource.Describe(file.Path, handle));
    }

    /// <summary>Makes sure that what was opened is the version that was listed.</summary>
    /// <param name="file">The file as it was when it was listed.</param>
    /// <param name="handle">What is open.</param>
    /// <exception cref="CheckpointException">It is another version.</exception>
    public static void CheckUnchanged(CheckpointFile file, SafeFileHandle handle)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(handle);
        Check(file, FileSource.Describe(file.Path, handle));
    }

    /// <exception cref="CheckpointException">It is another version.</exception>
    internal static void Check(CheckpointFile listed, CheckpointFile now)
    {
        if (listed.DescribeChange(now) is { } change)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Changed, listed.Path, $"{change} since it was listed. Wait until it is complete, and list it again.");
        }
    }

    /// <summary>The error for a file that ends earlier than it did when it was opened.</summary>
    /// <param name="name">The file.</param>
    /// <param name="length">Where it ends now.</param>
    internal static CheckpointException CutOff(string name, long length) => new(
        CheckpointErrorIds.Changed, name, $"the file was cut off at byte {length} while it was read. Wait until it is complete, and list it again.")
    {
        Offset = length,
    };

    private static T Open<T>(CheckpointFile file, Func<T> open, Func<T, CheckpointFile> describe)
        where T : IDisposable
    {
        T opened;
        try
        {
            opened = open();
        }
        catch (CheckpointException error) when (error.ErrorId == CheckpointErrorIds.NotFound)
        {
            throw new CheckpointException(
                CheckpointErrorIds.NotFound, file.Path, "the file is gone since it was listed. List it again.", error);
        }

        try
        {
            Check(file, describe(opened));
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }
}
