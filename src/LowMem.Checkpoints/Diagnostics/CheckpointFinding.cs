namespace LowMem.Checkpoints.Diagnostics;

/// <summary>Something noticed while reading a checkpoint.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Code">A stable word for what it is, such as <c>StorageSizeMismatch</c>.</param>
/// <param name="Key">The tensor, or null when it is about the file.</param>
/// <param name="Offset">Where in the file, in bytes, or null when no place can be named.</param>
/// <param name="Message">What is wrong, in one sentence; harmless to show, whatever the file says.</param>
public sealed record CheckpointFinding(
    FindingSeverity Severity, string Code, string? Key, long? Offset, string Message)
{
    private readonly string message = DisplayText.Line(Message);

    /// <summary>What is wrong, in one sentence; harmless to show, whatever the file says.</summary>
    public string Message
    {
        get => message;
        init => message = DisplayText.Line(value);
    }

    /// <summary>One line for a log: severity, code and message.</summary>
    public override string ToString() => $"{Severity} {Code}: {Message}";
}
