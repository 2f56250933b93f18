using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Parts;

/// <summary>
/// What one part of a divided job came to. It is no verdict: what it says is of its share alone, and all parts together, joined, say
/// what one machine would have said.
/// </summary>
public sealed record CheckpointPart
{
    /// <summary>Which part of how many, such as <c>3/8</c>.</summary>
    public required string Part { get; init; }

    /// <summary>The cmdlet that made it.</summary>
    public required string Operation { get; init; }

    /// <summary>Whether nothing is wrong in this share. Of the whole it says nothing.</summary>
    public required bool PartPassed { get; init; }

    /// <summary>How many errors are in this share.</summary>
    public required int Errors { get; init; }

    /// <summary>How many warnings are in this share.</summary>
    public required int Warnings { get; init; }

    /// <summary>The worst that was found in this share, as one line; null when there is nothing.</summary>
    public string? FirstFinding { get; init; }

    /// <summary>How many checkpoints this part had to do with, whole or in part.</summary>
    public required int CheckpointCount { get; init; }

    /// <summary>How many checkpoints the whole list has.</summary>
    public required int ListCount { get; init; }

    /// <summary>The bytes that were read.</summary>
    public required long BytesRead { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>All that the join needs, as one line of text that survives every way of keeping objects.</summary>
    public required string Record { get; init; }

    /// <summary>One line for a log.</summary>
    public override string ToString() => DisplayText.Line(
        $"part {Part} of {Operation}: {(PartPassed ? "nothing wrong in this share" : $"{Errors} {(Errors == 1 ? "error" : "errors")} in this share")}"
        + (FirstFinding is { } first ? $". {first}" : string.Empty));
}
