using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Health.Rules;

/// <summary>
/// The weights of a layer are all the same number, other than zero. Norms of several dimensions start with ones, and are told by
/// a bias of their shape, or by having none.
/// </summary>
internal sealed class ConstantRule : HealthRule
{
    private const int Fewest = 16;

    public override HealthFinding? Judge(HealthSubject subject)
    {
        var evidence = subject.Evidence;
        double value = evidence.Extremes.Largest;
        bool isConstant = evidence.Extremes.AreSame && subject.Counts.NonFinite == 0 && value > 0 && subject.View.ElementCount >= Fewest;
        bool isIntended = value == 1 && !subject.HasBiasOfRows;
        return isConstant && !isIntended && subject is { HasMagnitudes: true, IsLayerWeight: true, IsMatrix: true, Repeat: 1 }
            ? new HealthFinding(
                FindingSeverity.Warning,
                FindingCodes.ConstantValues,
                string.Create(CultureInfo.InvariantCulture, $"all values of tensor '{DisplayText.Name(subject.Key)}' are the same, {value:g6} in size"))
            : null;
    }
}
