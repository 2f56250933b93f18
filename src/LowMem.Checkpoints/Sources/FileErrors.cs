using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources;

/// <summary>Turns what the operating system says about a file into a <see cref="CheckpointException"/>.</summary>
internal static class FileErrors
{
    // ENOSPC and EFBIG; EDQUOT differs between systems.
    private const int NoSpace = 28;
    private const int TooLarge = 27;

    // ERROR_INVALID_NAME of Windows. Elsewhere the code of an exception is that of the system, a small number.
    private const int InvalidName = unchecked((int)0x8007007B);

    public static bool IsFileError(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or NotSupportedException;

    /// <summary>Whether there is no room for what is written: the disk is full, a quota is used up, or the file would be too large.</summary>
    public static bool IsFull(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xffff) is 0x70 or 0x27
        : exception.HResult is NoSpace or TooLarge || exception.HResult == (OperatingSystem.IsMacOS() ? 69 : 122);

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
        IOException { HResult: InvalidName } => new CheckpointException(
            CheckpointErrorIds.NotFound, path, "there is no such file: Windows allows no such name.", exception),
        UnauthorizedAccessException => new CheckpointException(
            CheckpointErrorIds.AccessDenied, path, "the file may not be read by this user.", exception),
        _ => new CheckpointException(
            CheckpointErrorIds.AccessDenied, path, $"the file cannot be read: {exception.Message}", exception),
    };
}
