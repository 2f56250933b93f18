using System.Diagnostics;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Distributed;
using LowMem.Checkpoints.Parts.Records;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Values.Health;
using LowMem.Checkpoints.Values.Health.Rules;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Parts;

/// <summary>The division of Test-Checkpoint, and its join.</summary>
/// <param name="options">What is looked at.</param>
/// <param name="texts">The same, by the names of the parameters.</param>
public sealed class VerdictOperation(VerificationOptions options, IReadOnlyDictionary<string, string> texts) : PartOperation(VerdictOperation.CmdletName, texts)
{
    internal const string CmdletName = "Test-Checkpoint";

    /// <summary>
    /// Whether the parts are places over which the files of a distributed checkpoint are spread: each looks at the files that it has.
    /// </summary>
    public bool IsByPlace { get; init; }

    /// <summary>Where each place has its own files, none of them knows what the others cost.</summary>
    internal override bool ReadsData => options.ReadsData && !IsByPlace;

    internal override bool AlwaysDivides => IsByPlace;

    /// <summary>No place knows what the others have.</summary>
    internal override bool NeedsAll => IsByPlace;

    /// <summary>A signature is one of all files, and whoever verifies it lists them all.</summary>
    internal override bool CanDivide => IsByPlace || (options.ReadsData && options.Signature is null);

    internal override PartItem Run(PartTask task, PlanPart part, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        // What it reads twice it remembers by itself.
        task.Memory.Seal();
        if (IsByPlace)
        {
            return RunPlace(task, part, progress, cancellationToken);
        }

        long started = Stopwatch.GetTimestamp();
        var (found, bytesRead) = CheckpointVerifier.Inspect(task.Path, options with { Location = task.Location, Part = task.IsDivided ? part : null }, progress, cancellationToken);
        var placed = task.IsDivided
            ? found.Placed.Where(finding => part.HasCommon || finding.Section != FindingSection.Structure)
            : found.Findings.Select((finding, place) => new PlacedFinding(FindingSection.Structure, place, 0, finding));
        var structure = found.Placed.Where(finding => finding.Section == FindingSection.Structure).Select(finding => finding.Finding.ToString());
        return MakeItem(task, part, PartFingerprint.Of(found.Files, [found.Layout, found.Format, .. structure])) with
        {
            Path = CheckpointVerifier.NameOf(task.Path, task.Location),
            Verdict = MakeRecord(found, placed, bytesRead, started),
        };
    }

    private PartItem RunPlace(PartTask task, PlanPart part, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        var (found, bytesRead) = CheckpointVerifier.Inspect(task.Path, options with { Location = task.Location, IsByPlace = true }, progress, cancellationToken);
        if (found.Format != CheckpointFormats.Distributed)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported, task.Path, "only the files of a distributed checkpoint are spread over machines. Leave -LocalPieces out.");
        }

        string[] here = [.. found.Files.Select(file => Path.GetFileName(file.Path)).Where(name => name != DistributedReader.MetadataFile)];
        string metadata = string.Join('\n', here.Concat(found.Elsewhere).Order(StringComparer.Ordinal));
        return MakeItem(task, part, PartFingerprint.Of([], [metadata, found.Files.Count == 0 ? string.Empty : $"{found.Files[0].Length}"])) with
        {
            Verdict = MakeRecord(found, found.Placed, bytesRead, started) with { Here = [.. here], Elsewhere = [.. found.Elsewhere] },
        };
    }

    private VerdictRecord MakeRecord(Inspection found, IEnumerable<PlacedFinding> placed, long bytesRead, long started) => new()
    {
        Format = found.Format,
        WeightsOnly = found.WeightsOnly,
        Level = options.Level.ToString(),
        TensorCount = found.TensorCount,
        BytesRead = bytesRead,
        Duration = Stopwatch.GetElapsedTime(started).Ticks,
        IsBroken = found.Placed.Exists(finding => finding.Section == FindingSection.Broken),
        Findings = [.. placed.Select(FindingRecord.Of)],
        Siblings = [.. found.Siblings.Select(SiblingRecord.Of)],
    };

    /// <summary>What is wrong with the files that places had; none when each was in one.</summary>
    /// <param name="items">What all places said of one checkpoint.</param>
    /// <param name="name">The name of a place.</param>
    internal static IEnumerable<string> FindPlaceFaults(IReadOnlyList<PartItem> items, Func<PartItem, string> name)
    {
        var files = items.SelectMany(item => item.Verdict?.Here ?? [], (item, file) => (item, file)).ToLookup(pair => pair.file, pair => pair.item, StringComparer.Ordinal);
        string path = DisplayText.Name(items[0].Path);
        foreach (string file in items.SelectMany(item => item.Verdict?.Elsewhere ?? []).Distinct(StringComparer.Ordinal).Where(file => !files.Contains(file)))
        {
            yield return $"'{DisplayText.Name(file)}' of '{path}' is in no part";
        }

        foreach (var file in files.Where(file => file.Count() > 1))
        {
            yield return $"'{DisplayText.Name(file.Key)}' of '{path}' is in the parts {DisplayText.Names([.. file.Select(name)], 20)}";
        }
    }

    /// <summary>The verdict that one machine would have given.</summary>
    /// <param name="items">What all parts said of one checkpoint, in the order of the parts.</param>
    internal static CheckpointVerdict Join(IReadOnlyList<PartItem> items)
    {
        var common = items.First(item => item.HasCommon);
        var verdict = common.Verdict!;
        var broken = items.FirstOrDefault(item => item is { HasCommon: true, Verdict.IsBroken: true }) ?? items.FirstOrDefault(item => item.Verdict!.IsBroken);
        var placed = items.SelectMany(item => item.Verdict!.Findings.Select(finding => (Item: item, Finding: finding.ToPlaced())));
        // One machine would have gone no further: what broke is all that is said of the data.
        var findings = broken is null
            ? placed.Select(each => each.Finding).Concat(CompareSiblings(items.SelectMany(item => item.Verdict!.Siblings.Select(sibling => sibling.ToPlaced()))))
            : placed.Where(each => each.Finding.Section == FindingSection.Structure || (each.Finding.Section == FindingSection.Broken && each.Item == broken))
                .Select(each => each.Finding);
        return new CheckpointVerdict
        {
            Path = common.Path,
            Format = verdict.Format,
            WeightsOnly = verdict.WeightsOnly,
            Level = verdict.Level,
            TensorCount = items.Max(item => item.Verdict!.TensorCount),
            BytesRead = items.Sum(item => item.Verdict!.BytesRead),
            Duration = TimeSpan.FromTicks(items.Max(item => item.Verdict!.Duration)),
            Findings = [.. (common.Verdict!.Here is null ? Order(findings) : OrderPlaces(findings)).Select(finding => finding.Finding)],
        };
    }

    private static IEnumerable<PlacedFinding> Order(IEnumerable<PlacedFinding> findings) => findings
        .OrderBy(finding => finding.Section)
        .ThenBy(finding => finding.Index)
        .ThenBy(finding => finding.Minor)
        .GroupBy(finding => finding.Count is null ? (object)finding : (finding.Section, finding.Index))
        .Select(group => group.First() is { Count: not null } counted
            ? counted with { Finding = ChecksumCheck.DescribeNotComputed(group.Sum(finding => finding.Count!.Value)) }
            : group.First());

    /// <summary>Places count by their own files: what they found comes place by place, and what several found, once.</summary>
    private static IEnumerable<PlacedFinding> OrderPlaces(IEnumerable<PlacedFinding> findings) => findings
        .OrderBy(finding => finding.Section)
        .GroupBy(finding => finding.Count is null ? (object)finding : finding.Section)
        .Select(group => group.First() is { Count: not null } counted
            ? counted with { Finding = ChecksumCheck.DescribeNotComputed(group.Sum(finding => finding.Count!.Value)) }
            : group.First());

    private static IEnumerable<PlacedFinding> CompareSiblings(IEnumerable<PlacedSibling> siblings)
    {
        PlacedSibling[] all = [.. siblings.OrderBy(sibling => sibling.Index)];
        foreach (var (sibling, comparison) in all.Zip(new SiblingGroups().Compare([.. all.Select(sibling => sibling.Fact)])))
        {
            if (comparison is not null && SiblingRule.Judge(sibling.Fact.Key, sibling.Fact.RootMeanSquare, comparison) is { } finding)
            {
                yield return new PlacedFinding(
                    FindingSection.Values,
                    sibling.Index,
                    PlacedSibling.Minor,
                    new CheckpointFinding(finding.Severity, finding.Code, sibling.Fact.Key, null, finding.Message));
            }
        }
    }
}
