using LowMem.Checkpoints;
using LowMem.Checkpoints.IO;

namespace LowMem.Loader.Memory;

/// <summary>Opens a file of a checkpoint again, and makes sure that it is still the one that was listed.</summary>
internal static class ListedFile
{
    /// <summary>Opens the file for reading; others may read, write, rename and delete it meanwhile.</summary>
    /// <exception cref="CheckpointException">It is gone, locked, shorter, or otherwise changed.</exception>
    public static FileStream Open(CheckpointFile file)
    {
        FileStream stream;
        try
        {
            stream = new FileStream(
                RegularFile.Open(file.Path, FileShare.ReadWrite | FileShare.Delete), FileAccess.Read, bufferSize: 0);
        }
        catch (CheckpointException error) when (error.ErrorId == CheckpointErrorIds.NotFound)
        {
            throw new CheckpointException(
                CheckpointErrorIds.NotFound, file.Path, "The file is gone since it was listed. List it again.", error);
        }

        try
        {
            CheckUnchanged(file, stream);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static void CheckUnchanged(CheckpointFile file, FileStream stream)
    {
        if (stream.Length < file.Length)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Truncated,
                file.Path,
                $"The file has {stream.Length} bytes now, but had {file.Length} when it was listed. Fetch or save it again.")
            {
                Offset = stream.Length,
            };
        }

        if (stream.Length != file.Length || File.GetLastWriteTimeUtc(stream.SafeFileHandle) != file.LastWriteTimeUtc)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, file.Path, "The file was changed after it was listed. List it again.");
        }
    }
}
