using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Health.Rules;

/// <summary>The weights of a layer are far larger or smaller than those of the same layer in the other blocks of a model.</summary>
internal sealed class SiblingRule : HealthRule
{
    public override HealthFinding? Judge(HealthSubject subject) =>
        subject.Siblings is { } siblings ? Judge(subject.Key, subject.Evidence.Sample.RootMeanSquare, siblings) : null;

    /// <summary>Judges a tensor whose values need not be here.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="rootMeanSquare">How large its values are.</param>
    /// <param name="siblings">How it compares.</param>
    public static HealthFinding? Judge(string key, double rootMeanSquare, SiblingComparison siblings) => siblings.IsUnlike
        ? new HealthFinding(
            FindingSeverity.Warning,
            FindingCodes.UnlikeSiblings,
            string.Create(
                CultureInfo.InvariantCulture,
                $"the root mean square of tensor '{DisplayText.Name(key)}' is {rootMeanSquare:g3}, that of the {siblings.Count} tensors '{DisplayText.Name(siblings.Pattern)}' is around {siblings.Typical:g3}"))
        : null;
}
