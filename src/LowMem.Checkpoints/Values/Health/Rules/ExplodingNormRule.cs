using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Health.Rules;

/// <summary>
/// The weights of a layer are huge, as those of a training that diverged, or of codes whose scales were lost. The evidence is the
/// median, which a few absurd values do not move.
/// </summary>
internal sealed class ExplodingNormRule : HealthRule
{
    /// <summary>Layers start with weights of about 1 at most, and sound ones stay below 10.</summary>
    private const double Largest = 100;

    private const int Fewest = 16;

    public override HealthFinding? Judge(HealthSubject subject) =>
        subject is { HasMagnitudes: true, IsLayerWeight: true }
        && subject.Evidence.Sample is { Nonzero: >= Fewest, Median: >= Largest } sample
        && !subject.Evidence.Extremes.AreSame
            ? new HealthFinding(
                FindingSeverity.Warning,
                FindingCodes.ExplodingNorm,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"half of the weights of tensor '{DisplayText.Name(subject.Key)}' are beyond {sample.Median:g2}; their root mean square is {sample.RootMeanSquare:g3}"))
            : null;
}
