using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts.Records;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Values.Health;
using LowMem.Checkpoints.Values.Health.Rules;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Parts;

/// <summary>The division of Get-CheckpointTensor, and its join.</summary>
/// <param name="request">What is wanted of a checkpoint.</param>
/// <param name="texts">What was asked for, by the names of the parameters.</param>
public sealed class StatisticsOperation(Func<PartTask, StatisticsRequest> request, IReadOnlyDictionary<string, string> texts)
    : PartOperation(StatisticsOperation.CmdletName, texts)
{
    internal const string CmdletName = "Get-CheckpointTensor";

    internal override PartItem Run(PartTask task, PlanPart part, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        var wanted = request(task);
        task.Memory.Seal();
        var units = PlanUnits.Find(
            wanted.Views.SelectMany((view, index) => PlanDivision.GetNeeds(view.Tensor, index)), wanted.Views.Count, out int[] unitOf);
        int[] partOf = UnitRuns.GiveOut(units, part.Loads);
        var scan = wanted.CreateScan(index => unitOf[index] is var unit && (unit < 0 ? part.HasCommon : partOf[unit] == part.Part));
        var groups = scan.RunPlaced(now => progress?.Report(new VerificationProgress(now, scan.ByteLength)), cancellationToken).ToList();
        string layout = string.Join(',', partOf);
        string[] views = [.. wanted.Views.Select(view => string.Create(CultureInfo.InvariantCulture, $"{view.Tensor.Key}\0{view.Tensor.DType}\0{string.Join(',', view.Shape)}"))];
        return MakeItem(task, part, PartFingerprint.Of(wanted.Checkpoint.AllFiles, [layout, .. views])) with
        {
            Statistics = new StatisticsRecord
            {
                RowCount = wanted.Views.Count,
                BytesRead = task.Meter.Bytes,
                Rows = [.. groups.SelectMany(group => group.Figures).Select(row => StatisticsRow.Of(row.Index, wanted.Finish(row.Figures)))],
                Siblings = [.. groups.SelectMany(group => group.Siblings).Select(SiblingRecord.Of)],
            },
        };
    }

    /// <summary>The figures that one machine would have given.</summary>
    /// <param name="items">What all parts gathered of one checkpoint.</param>
    /// <exception cref="CheckpointException">Something was looked at by no part.</exception>
    internal static IReadOnlyList<TensorStatistics> Join(IReadOnlyList<PartItem> items)
    {
        var rows = items.SelectMany(item => item.Statistics!.Rows).OrderBy(row => row.Index).ToList();
        if (!rows.Select(row => row.Index).SequenceEqual(Enumerable.Range(0, items[0].Statistics!.RowCount)))
        {
            throw new CheckpointException(
                CheckpointErrorIds.PartsNotWhole, items[0].Path, "the parts do not hold the figures of each tensor once. Run all of them again.");
        }

        var unlike = FindUnlike([.. items.SelectMany(item => item.Statistics!.Siblings).Select(sibling => sibling.ToPlaced())]);
        return [.. rows.Select(row => row.ToFigures()).Select((figures, index) =>
            unlike.Contains(index) ? figures with { Health = [.. figures.Health, FindingCodes.UnlikeSiblings] } : figures)];
    }

    /// <summary>Compared round by round, as the scan does: with those that were looked at so far.</summary>
    private static HashSet<long> FindUnlike(IReadOnlyList<PlacedSibling> siblings)
    {
        var groups = new SiblingGroups();
        var unlike = new HashSet<long>();
        foreach (var round in siblings.GroupBy(sibling => sibling.Group).OrderBy(round => round.Key))
        {
            PlacedSibling[] members = [.. round.OrderBy(sibling => sibling.Index)];
            unlike.UnionWith(members.Zip(groups.Compare([.. members.Select(member => member.Fact)]))
                .Where(pair => pair.Second is { } comparison && SiblingRule.Judge(pair.First.Fact.Key, pair.First.Fact.RootMeanSquare, comparison) is not null)
                .Select(pair => pair.First.Index));
        }

        return unlike;
    }
}
