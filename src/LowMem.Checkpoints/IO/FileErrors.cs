namespace LowMem.Checkpoints.IO;

/// <summary>Turns what the operating system says about a file into a <see cref="CheckpointException"/>.</summary>
internal static class FileErrors
{
    public static bool IsFileError(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or NotSupportedException;

    public static CheckpointException Wrap(Exception exception, string path) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => new CheckpointException(
            CheckpointErrorIds.NotFound, path, "there is no such file.", exception),
        UnauthorizedAccessException => new CheckpointException(
            CheckpointErrorIds.AccessDenied, path, "the file may not be read by this user.", exception),
        _ => new CheckpointException(
            CheckpointErrorIds.AccessDenied, path, $"the file cannot be read: {exception.Message}", exception),
    };
}
