using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Health.Rules;

/// <summary>All weights of one input are zero: what comes from there is not used.</summary>
internal sealed class DeadColumnRule : HealthRule
{
    public override bool MarksLines => true;

    public override bool NeedsCloserLook(HealthSubject subject) =>
        DeadLines.IsPossible(subject, DeadLines.ColumnLength(subject)) && subject.View.Shape[1] > 1;

    public override HealthFinding? Judge(HealthSubject subject)
    {
        if (subject.Look is not { } look || !NeedsCloserLook(subject))
        {
            return null;
        }

        var (dead, first) = look.DeadColumns;
        return dead == 0 ? null : new HealthFinding(
            FindingSeverity.Warning,
            FindingCodes.DeadColumns,
            DeadLines.Describe("column", dead, subject.View.Shape[1], DisplayText.Name(subject.Key), first))
        {
            FirstElement = first * (DeadLines.RowLength(subject) / subject.View.Shape[1]),
        };
    }
}
