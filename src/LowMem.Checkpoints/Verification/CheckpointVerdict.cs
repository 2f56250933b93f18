namespace LowMem.Checkpoints.Verification;

/// <summary>What a verification came to.</summary>
public sealed record CheckpointVerdict
{
    /// <summary>The format of content that is of no format known here.</summary>
    public const string UnknownFormat = "unknown";

    /// <summary>The path that was asked for, in full.</summary>
    public required string Path { get; init; }

    /// <summary>The format, one of <see cref="CheckpointFormats"/>, or <see cref="UnknownFormat"/>.</summary>
    public required string Format { get; init; }

    /// <summary>True when no finding is an error.</summary>
    public bool Passed => Findings.All(finding => finding.Severity != FindingSeverity.Error);

    /// <summary>
    /// Whether a current PyTorch's <c>torch.load(weights_only=True)</c> takes the file; null when it is no file of
    /// <c>torch.load</c>, such as safetensors, or could not be listed.
    /// </summary>
    public bool? WeightsOnly { get; init; }

    /// <summary>The name of the <see cref="VerificationLevel"/>.</summary>
    public required string Level { get; init; }

    /// <summary>What was noticed, errors first.</summary>
    public required IReadOnlyList<CheckpointFinding> Findings { get; init; }

    /// <summary>The number of keys that name a tensor; 0 when the checkpoint could not be listed.</summary>
    public required long TensorCount { get; init; }

    /// <summary>The bytes read from all files.</summary>
    public required long BytesRead { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }
}
