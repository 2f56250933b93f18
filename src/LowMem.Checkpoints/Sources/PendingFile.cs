using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// A file that is written piece by piece: a temporary file in the same directory, which takes the place of the old one when
/// it is complete, and is gone when it is not.
/// </summary>
internal sealed class PendingFile : IDisposable
{
    private readonly string path;
    private readonly string temporary;
    private readonly FileStream stream;
    private bool done;

    /// <exception cref="CheckpointException">The file cannot be made, or the system allows no such name.</exception>
    public PendingFile(string path)
    {
        OutputName.Require(path);
        this.path = path;
        string unique = $"{Guid.NewGuid():N}.tmp";
        temporary = OutputName.Fits($"{Path.GetFileName(path)}.{unique}") ? $"{path}.{unique}" : Path.Combine(Path.GetDirectoryName(path) ?? string.Empty, unique);
        try
        {
            stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw AtomicFile.Wrap(exception, path);
        }
    }

    /// <summary>What is written so far; a failure to write is an <see cref="IOException"/>.</summary>
    public Stream Stream => stream;

    /// <summary>Flushes to the disk and takes the place of the old file.</summary>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public void Complete()
    {
        try
        {
            stream.Flush(flushToDisk: true);
            stream.Dispose();
            File.Move(temporary, path, overwrite: true);
            done = true;
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw AtomicFile.Wrap(exception, path);
        }
    }

    /// <summary>Removes the temporary file, unless it is complete.</summary>
    public void Dispose()
    {
        if (done)
        {
            return;
        }

        try
        {
            stream.Dispose();
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            // The disk is full: the error that says so is on its way already.
        }

        AtomicFile.Remove(temporary);
    }
}
