using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Health.Rules;

/// <summary>
/// Every value is zero. Biases start so, and adapters; a layer whose weights are zero does nothing, and files that lost their
/// content look like that.
/// </summary>
internal sealed class AllZeroRule : HealthRule
{
    public override HealthFinding? Judge(HealthSubject subject)
    {
        bool isWeight = subject.IsLayerWeight;
        bool isInteger = !ValueCounter.CanCount(subject.Type);
        return subject.Counts is { Numbers: > 0 } counts && counts.Zero == counts.Numbers && (isWeight || !isInteger)
            ? new HealthFinding(
                isWeight ? FindingSeverity.Warning : FindingSeverity.Information,
                FindingCodes.AllZero,
                $"tensor '{DisplayText.Name(subject.Key)}' is all zero")
            : null;
    }
}
