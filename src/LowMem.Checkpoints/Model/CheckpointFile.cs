namespace LowMem.Checkpoints;

/// <summary>A file as it was when it was read: its version, by which a later change can be told.</summary>
/// <param name="Path">The full path.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="LastWriteTimeUtc">When it was last written.</param>
public sealed record CheckpointFile(string Path, long Length, DateTime LastWriteTimeUtc)
{
    /// <summary>Which file was at the path; null when that was not told, and then it is not compared.</summary>
    internal FileIdentity? Identity { get; init; }
}
