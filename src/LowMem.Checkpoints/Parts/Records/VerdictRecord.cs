using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values.Health;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Parts.Records;

/// <summary>What a part found in a checkpoint.</summary>
internal sealed record VerdictRecord
{
    /// <inheritdoc cref="CheckpointVerdict.Format"/>
    public required string Format { get; init; }

    /// <inheritdoc cref="CheckpointVerdict.WeightsOnly"/>
    public bool? WeightsOnly { get; init; }

    /// <inheritdoc cref="CheckpointVerdict.Level"/>
    public required string Level { get; init; }

    /// <inheritdoc cref="CheckpointVerdict.TensorCount"/>
    public required long TensorCount { get; init; }

    /// <inheritdoc cref="CheckpointVerdict.BytesRead"/>
    public required long BytesRead { get; init; }

    /// <summary>How long it took, in ticks.</summary>
    public required long Duration { get; init; }

    /// <summary>Whether the content broke while it was read.</summary>
    public required bool IsBroken { get; init; }

    /// <summary>Of a checkpoint whose files are spread over places: the names of those that are here; else null.</summary>
    public List<string>? Here { get; init; }

    /// <summary>The names of those that are in other places; null when that was not asked for.</summary>
    public List<string>? Elsewhere { get; init; }

    /// <summary>What was found, each with its place.</summary>
    public required List<FindingRecord> Findings { get; init; }

    /// <summary>The tensors that are still to be compared with those of other parts.</summary>
    public required List<SiblingRecord> Siblings { get; init; }
}

/// <summary>A finding with its place.</summary>
internal sealed record FindingRecord(
    FindingSection Section, long Index, int Minor, long? Count, FindingSeverity Severity, string Code, string? Key, long? Offset, string Message)
{
    /// <summary>Of a finding that was placed.</summary>
    public static FindingRecord Of(PlacedFinding placed) => new(
        placed.Section,
        placed.Index,
        placed.Minor,
        placed.Count,
        placed.Finding.Severity,
        placed.Finding.Code,
        placed.Finding.Key,
        placed.Finding.Offset,
        placed.Finding.Message);

    /// <summary>The finding as it was placed.</summary>
    public PlacedFinding ToPlaced() => new(Section, Index, Minor, new CheckpointFinding(Severity, Code, Key, Offset, Message), Count);
}

/// <summary>A tensor that may have siblings elsewhere.</summary>
internal sealed record SiblingRecord(long Index, int Group, string Key, string Pattern, string Shape, string DType, double RootMeanSquare)
{
    /// <summary>Of a tensor in its place.</summary>
    public static SiblingRecord Of(PlacedSibling placed) => new(
        placed.Index, placed.Group, placed.Fact.Key, placed.Fact.Pattern, placed.Fact.Shape, placed.Fact.DType, placed.Fact.RootMeanSquare);

    /// <summary>The tensor in its place.</summary>
    public PlacedSibling ToPlaced() => new(Index, Group, new SiblingFact(Key, Pattern, Shape, DType, RootMeanSquare));
}
