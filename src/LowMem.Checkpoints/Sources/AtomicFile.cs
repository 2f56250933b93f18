using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// Writes a file so that a reader, or a crash at any moment, finds the old one or the new one and nothing between: a
/// temporary file in the same directory, flushed to the disk, then renamed.
/// </summary>
internal static class AtomicFile
{
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        using var pending = new PendingFile(path);
        try
        {
            write(pending.Stream);
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw Wrap(exception, path);
        }

        pending.Complete();
    }

    /// <summary>Says in plain words why a file cannot be written.</summary>
    public static CheckpointException Wrap(Exception exception, string path) => exception switch
    {
        PathTooLongException => new CheckpointException(CheckpointErrorIds.OutputNameInvalid, path, "the path, or that of a temporary file beside it, is too long for the system. Choose a shorter one.", exception),
        DirectoryNotFoundException => new CheckpointException(CheckpointErrorIds.NotFound, path, "the directory to write to does not exist.", exception),
        IOException io when FileErrors.IsFull(io) => Full(exception, path),
        _ => new CheckpointException(CheckpointErrorIds.AccessDenied, path, $"the file cannot be written: {exception.Message}", exception),
    };

    /// <summary>Says that there is no room.</summary>
    public static CheckpointException Full(Exception exception, string path) => new(
        CheckpointErrorIds.OutputDiskFull, path, "the disk is full, or a limit for files is reached. Make room, or write to another disk.", exception);

    /// <summary>The first error is the one to tell; a temporary file that cannot be removed either is no news.</summary>
    public static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
        }
    }
}
