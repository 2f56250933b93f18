using LowMem.Checkpoints.Conversion;

namespace LowMem.Checkpoints.Parts.Records;

/// <summary>What a part wrote of a conversion.</summary>
internal sealed record ConversionRecord
{
    /// <summary>The format that is written.</summary>
    public required ConversionFormat Format { get; init; }

    /// <summary>The directory that is written to.</summary>
    public required string Directory { get; init; }

    /// <inheritdoc cref="ConversionDestination.Stem"/>
    public required string Stem { get; init; }

    /// <inheritdoc cref="ConversionDestination.Extension"/>
    public required string Extension { get; init; }

    /// <summary>Whether what is there may be replaced.</summary>
    public required bool Replaces { get; init; }

    /// <summary>Whether what was written was read back.</summary>
    public required bool Verified { get; init; }

    /// <inheritdoc cref="ConversionReport.TensorCount"/>
    public required int TensorCount { get; init; }

    /// <inheritdoc cref="ConversionReport.CastCount"/>
    public required int CastCount { get; init; }

    /// <inheritdoc cref="ConversionReport.TiedCount"/>
    public required int TiedCount { get; init; }

    /// <summary>How long it took, in ticks.</summary>
    public required long Duration { get; init; }

    /// <summary>The bytes read.</summary>
    public required long BytesRead { get; init; }

    /// <summary>All files that the whole consists of.</summary>
    public required List<WrittenFileRecord> Files { get; init; }

    /// <summary>The index, as text; null when there is one file, or another part tells it.</summary>
    public string? Index { get; init; }
}

/// <summary>A file of a conversion.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its length.</param>
/// <param name="Digest">The digest of what was written here; null when another part writes it.</param>
internal sealed record WrittenFileRecord(string Name, long Length, string? Digest);
