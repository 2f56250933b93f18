using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources;

/// <summary>Turns what the operating system says about a file into a <see cref="CheckpointException"/>.</summary>
internal static class FileErrors
{
    public static bool IsFileError(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or NotSupportedException;

    /// <summary>What is wrong with the links of a path; null when they lead to something.</summary>
    public static string? DescribeLink(string path) => LinkPaths.Resolve(Path.GetFullPath(path)) switch
    {
        null => "its links lead in a circle, so that there is no file.",
        var target when LinkPaths.GetTarget(path) is not null && !Path.Exists(target) => "this is a link to a file that is not there.",
        _ => null,
    };

    public static CheckpointException Wrap(Exception exception, string path) => exception switch
    {
        _ when DescribeLink(path) is { } link => new CheckpointException(CheckpointErrorIds.NotFound, path, link, exception),
        FileNotFoundException or DirectoryNotFoundException => new CheckpointException(
            CheckpointErrorIds.NotFound, path, "there is no such file.", exception),
        UnauthorizedAccessException => new CheckpointException(
            CheckpointErrorIds.AccessDenied, path, "the file may not be read by this user.", exception),
        _ => new CheckpointException(
            CheckpointErrorIds.AccessDenied, path, $"the file cannot be read: {exception.Message}", exception),
    };
}
