using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Pickle;

/// <summary>Where the bytes of a pickle come from, for messages, and what reading it may cost.</summary>
/// <param name="Path">The file.</param>
/// <param name="Record">The part of the file, such as <c>data.pkl</c>, or null.</param>
/// <param name="Offset">Where the pickle starts in the file, or -1 when it is compressed.</param>
/// <param name="MemoryBudget">The bytes that its tree may take.</param>
internal sealed record PickleSource(string Path, string? Record, long Offset, long MemoryBudget)
{
    /// <summary>
    /// A tree node costs at most about 72 bytes for each byte of pickle, so an honest pickle never comes near; a
    /// compressed one that unfolds to many times the file does.
    /// </summary>
    public static long BudgetFor(long fileLength) => checked((96L << 20) + (Math.Min(fileLength, 1L << 40) * 96));

    /// <summary>Whether nothing but the end of the file ends the bytes of the pickle.</summary>
    public bool EndsWithFile { get; init; } = Record is null;

    /// <summary>
    /// The pickle ends too early. A record of an archive has the length it claims, so that the pickle is wrong; a pickle
    /// that only the file ends was cut off.
    /// </summary>
    /// <param name="position">Where in the pickle.</param>
    /// <param name="end">How many bytes of it there are.</param>
    /// <param name="wanted">How many it has at least.</param>
    /// <param name="message">What is missing.</param>
    public CheckpointException EndError(long position, long end, UInt128 wanted, string message) => EndsWithFile && Offset >= 0
        ? Error(
            CheckpointErrorIds.Truncated,
            position,
            message,
            $"truncated: {Offset + end} of at least {(UInt128)Offset + wanted} bytes. ",
            " Get the file again.")
        : Error(CheckpointErrorIds.FormatInvalid, position, message);

    /// <summary>An error at a byte of the pickle.</summary>
    public CheckpointException Error(string errorId, long position, string message) =>
        Error(errorId, position, message, string.Empty, string.Empty);

    private CheckpointException Error(string errorId, long position, string message, string lead, string advice)
    {
        string place = Offset >= 0
            ? $" at byte {Offset + position} of the file"
            : $" at byte {position} of the pickle";
        string record = Record is null ? "pickle" : $"record '{Record}'";
        return new CheckpointException(errorId, Path, $"{lead}{record}: {message}{place}.{advice}")
        {
            Record = Record,
            Offset = Offset >= 0 ? Offset + position : null,
        };
    }
}
