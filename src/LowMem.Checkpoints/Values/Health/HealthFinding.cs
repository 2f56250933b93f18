using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Health;

/// <summary>What a rule says of a tensor.</summary>
/// <param name="Severity">How bad it is. What many sound models have is information.</param>
/// <param name="Code">The rule, one of <see cref="FindingCodes"/>.</param>
/// <param name="Message">What was seen, in words, with the name of the tensor.</param>
internal sealed record HealthFinding(FindingSeverity Severity, string Code, string Message)
{
    /// <summary>The first number that it is about, in the order of the evidence; null when it is about no number in particular.</summary>
    public long? FirstStored { get; init; }

    /// <summary>The first element that it is about, in row-major order; null when it is about none in particular.</summary>
    public long? FirstElement { get; init; }
}
