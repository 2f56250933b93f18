using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Health.Rules;

/// <summary>NaN and infinities.</summary>
internal sealed class NonFiniteRule : HealthRule
{
    public override HealthFinding? Judge(HealthSubject subject) => subject.Counts is { NonFinite: > 0 } counts
        ? new HealthFinding(
            FindingSeverity.Error,
            FindingCodes.NonFiniteValues,
            $"tensor '{DisplayText.Name(subject.Key)}' holds {subject.Times(counts.NaN)} NaN and {subject.Times(counts.Infinite)} infinite of {subject.Times(counts.Numbers)} values")
        {
            FirstStored = counts.FirstNonFinite,
        }
        : null;
}
