using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification;

/// <summary>What a verification came to.</summary>
public sealed record CheckpointVerdict
{
    private readonly FindingList findings = FindingList.Empty;

    /// <summary>The format of content that is of no format known here.</summary>
    public const string UnknownFormat = "unknown";

    /// <summary>The path that was asked for, in full.</summary>
    public required string Path { get; init; }

    /// <summary>The format, one of <see cref="CheckpointFormats"/>, or <see cref="UnknownFormat"/>.</summary>
    public required string Format { get; init; }

    /// <summary>True when no finding is an error.</summary>
    public bool Passed => Errors == 0;

    /// <summary>
    /// Whether a current PyTorch's <c>torch.load(weights_only=True)</c> takes the file; null when it is no file of
    /// <c>torch.load</c>, such as safetensors, or could not be listed.
    /// </summary>
    public bool? WeightsOnly { get; init; }

    /// <summary>The name of the <see cref="VerificationLevel"/>.</summary>
    public required string Level { get; init; }

    /// <summary>How many findings are errors.</summary>
    public int Errors => Count(FindingSeverity.Error);

    /// <summary>How many findings are warnings.</summary>
    public int Warnings => Count(FindingSeverity.Warning);

    /// <summary>The first of <see cref="Findings"/> as one line, the worst of them; null when there is none.</summary>
    public string? FirstFinding => findings.Count > 0 ? findings[0].ToString() : null;

    /// <summary>What was noticed, errors first. As text, all of it: a table or CSV file then holds what there is to read.</summary>
    public required IReadOnlyList<CheckpointFinding> Findings
    {
        get => findings;
        init => findings = FindingList.Of(value);
    }

    /// <summary>The number of keys that name a tensor; 0 when the checkpoint could not be listed.</summary>
    public required long TensorCount { get; init; }

    /// <summary>The bytes read from all files.</summary>
    public required long BytesRead { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>One line for a log: the path, and the worst of what was found.</summary>
    public override string ToString() =>
        $"{DisplayText.Line(Path)}: {(Passed ? "passed" : "did not pass")}{(FirstFinding is { } first ? $". {first}" : string.Empty)}";

    private int Count(FindingSeverity severity) => findings.Count(finding => finding.Severity == severity);
}
