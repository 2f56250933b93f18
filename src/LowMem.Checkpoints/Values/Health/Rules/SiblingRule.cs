using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Health.Rules;

/// <summary>The weights of a layer are far larger or smaller than those of the same layer in the other blocks of a model.</summary>
internal sealed class SiblingRule : HealthRule
{
    public override HealthFinding? Judge(HealthSubject subject) => subject.Siblings is { IsUnlike: true } siblings
        ? new HealthFinding(
            FindingSeverity.Warning,
            FindingCodes.UnlikeSiblings,
            string.Create(
                CultureInfo.InvariantCulture,
                $"the root mean square of tensor '{DisplayText.Name(subject.Key)}' is {subject.Evidence.Sample.RootMeanSquare:g3}, that of the {siblings.Count} tensors '{DisplayText.Name(siblings.Pattern)}' is around {siblings.Typical:g3}"))
        : null;
}
