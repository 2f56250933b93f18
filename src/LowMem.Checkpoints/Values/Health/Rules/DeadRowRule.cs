using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Health.Rules;

/// <summary>
/// All weights of one output are zero: the neuron is dead. Tables of vectors are left out, in which a row nobody used, or that of
/// the padding, is zero; a table that is not named so may have one such row.
/// </summary>
internal sealed class DeadRowRule : HealthRule
{
    public override bool MarksLines => true;

    public override bool NeedsCloserLook(HealthSubject subject) =>
        !TensorRole.IsEmbedding(subject.Key) && DeadLines.IsPossible(subject, DeadLines.RowLength(subject)) && subject.View.Shape[0] > 1;

    public override HealthFinding? Judge(HealthSubject subject)
    {
        if (subject.Look is not { } look || !NeedsCloserLook(subject))
        {
            return null;
        }

        var (dead, first) = look.DeadRows;
        bool mayBePadding = dead == 1 && subject.View.Shape.Count == 2 && !subject.HasBiasOfRows;
        return dead == 0 || mayBePadding
            ? null
            : new HealthFinding(
                FindingSeverity.Warning,
                FindingCodes.DeadRows,
                DeadLines.Describe("row", dead, subject.View.Shape[0], DisplayText.Name(subject.Key), first))
            {
                FirstElement = first * DeadLines.RowLength(subject),
            };
    }
}
