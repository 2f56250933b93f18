namespace LowMem.Checkpoints.Diagnostics;

/// <summary>
/// The one exception that reading a checkpoint throws: it says what is wrong, where, and what to do.
/// </summary>
public sealed class CheckpointException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="errorId">One of <see cref="CheckpointErrorIds"/>.</param>
    /// <param name="path">The file or directory at fault.</param>
    /// <param name="message">What is wrong, where, and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    /// <param name="lines">More to say, each on a line of its own; or null.</param>
    public CheckpointException(
        string errorId, string path, string message, Exception? innerException = null, IEnumerable<string>? lines = null)
        : base($"{DisplayText.Line(path)}: {Compose(message, lines)}", innerException)
    {
        ErrorId = errorId;
        Path = path;
        Detail = Compose(message, lines);
    }

    /// <summary>The stable id, one of <see cref="CheckpointErrorIds"/>.</summary>
    public string ErrorId { get; }

    /// <summary>The file or directory at fault.</summary>
    public string Path { get; }

    /// <summary>The message without the path in front.</summary>
    public string Detail { get; }

    /// <summary>The record inside the file (a zip entry, a tensor key), or null.</summary>
    public string? Record { get; init; }

    /// <summary>
    /// Every global that was named before the reading stopped, as <c>module.name</c>, sorted: Python would have run
    /// what comes before the fault.
    /// </summary>
    public IReadOnlyList<string> Globals { get; init; } = [];

    /// <summary>Those of <see cref="Globals"/> that could run code or reach outside the file.</summary>
    public IReadOnlyList<string> UnsafeGlobals { get; init; } = [];

    /// <summary>Whether an option lets it pass: the file was read, and refused for what it names. A broken one cannot be allowed.</summary>
    public bool CanBeAllowed { get; init; }

    /// <summary>Where in the file, in bytes from its start, or null when no place can be named.</summary>
    public long? Offset { get; init; }

    /// <summary>
    /// Whether the bytes could not be had, so that nothing is known of the content. Whoever goes on with less because the
    /// content is broken does not go on then.
    /// </summary>
    internal bool IsOfReading => ErrorId is CheckpointErrorIds.AccessDenied or CheckpointErrorIds.Changed || IsOfServer;

    /// <summary>Whether it is about a server, and says nothing of what is there.</summary>
    internal bool IsOfServer => ErrorId is CheckpointErrorIds.RemoteUnavailable or CheckpointErrorIds.RemoteAnswerInvalid
        or CheckpointErrorIds.RemoteRangesUnsupported or CheckpointErrorIds.RemoteRedirectRefused or CheckpointErrorIds.RemoteUnencrypted;

    /// <summary>The same error in other words, or about what is inside another file.</summary>
    /// <param name="detail">The message without the path.</param>
    /// <param name="path">The path at fault; the same when null.</param>
    /// <param name="offset">Where in the file; null when no place can be named.</param>
    internal CheckpointException Saying(string detail, string? path, long? offset) =>
        new(ErrorId, path ?? Path, detail, InnerException)
        {
            Record = Record,
            Offset = offset,
            Globals = Globals,
            UnsafeGlobals = UnsafeGlobals,
        };

    // Line breaks are ours alone: one in a name from the file would begin a line that looks like ours.
    private static string Compose(string message, IEnumerable<string>? lines) =>
        string.Join(Environment.NewLine, (lines ?? []).Prepend(message).Select(DisplayText.Line));
}
