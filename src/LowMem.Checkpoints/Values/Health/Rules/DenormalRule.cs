using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Health.Rules;

/// <summary>
/// Numbers too small for the full precision of their type. A few are met in sound models. Where a type reaches down to 1e-38 and
/// many weights lie below that, they decayed to nothing, and processors are slow with them.
/// </summary>
internal sealed class DenormalRule : HealthRule
{
    private const double Many = 0.25;

    public override HealthFinding? Judge(HealthSubject subject)
    {
        var counts = subject.Counts;
        if (counts.Denormal == 0)
        {
            return null;
        }

        bool isWide = subject.Type.Name is "float64" or "float32" or "bfloat16" or "complex64" or "complex128";
        bool areMany = isWide && subject.IsLayerWeight && counts.Denormal >= Many * (counts.Numbers - counts.Zero);
        return new HealthFinding(
            areMany ? FindingSeverity.Warning : FindingSeverity.Information,
            FindingCodes.DenormalValues,
            $"tensor '{DisplayText.Name(subject.Key)}' holds {subject.Times(counts.Denormal)} denormal of {subject.Times(counts.Numbers)} values");
    }
}
