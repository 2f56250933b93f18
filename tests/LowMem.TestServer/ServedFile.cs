using System.Diagnostics.CodeAnalysis;

namespace LowMem.TestServer;

/// <summary>A file that is served.</summary>
/// <param name="Bytes">Its content.</param>
[SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "For tests.")]
public sealed record ServedFile(byte[] Bytes)
{
    /// <summary>Its ETag, in quotes; null for none.</summary>
    public string? Tag { get; init; } = "\"v1\"";

    /// <summary>When it was changed last; null to say nothing.</summary>
    public DateTimeOffset? LastModified { get; init; } = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
}
