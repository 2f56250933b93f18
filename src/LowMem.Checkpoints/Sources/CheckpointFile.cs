namespace LowMem.Checkpoints.Sources;

/// <summary>A file as it was when it was read: its version, by which a later change can be told.</summary>
/// <param name="Path">The full path, or another full name by which its location knows it.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="LastWriteTimeUtc">When it was last written.</param>
public sealed record CheckpointFile(string Path, long Length, DateTime LastWriteTimeUtc)
{
    /// <summary>Which file was at the path; null when that was not told, and then it is not compared.</summary>
    internal FileIdentity? Identity { get; init; }

    /// <summary>What a server calls the version; null for files, and where it has no name.</summary>
    internal string? Tag { get; init; }

    /// <summary>Where it is opened again.</summary>
    public CheckpointLocation Location { get; init; } = CheckpointLocation.Local;

    /// <summary>What differs in another look at the same file; null when it is the same version.</summary>
    internal string? DescribeChange(CheckpointFile now) =>
        now.Length != Length ? $"the file was changed, and has {now.Length} bytes instead of {Length}"
        : Identity is { } before && now.Identity is { } after && after != before ? "another file was put in its place"
        : Tag is { } tag && now.Tag != tag ? "the server has another version of the file"
        : Tag is null && now.LastWriteTimeUtc != LastWriteTimeUtc ? "the file was written to"
        : null;

    /// <summary>The same version of the same file, whatever it was opened through.</summary>
    public bool Equals(CheckpointFile? other) =>
        other is not null && Path == other.Path && Identity == other.Identity && Tag == other.Tag && Length == other.Length && LastWriteTimeUtc == other.LastWriteTimeUtc;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Path, Length, LastWriteTimeUtc);
}
