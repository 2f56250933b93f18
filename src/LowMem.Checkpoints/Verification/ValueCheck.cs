using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Values.Health;

namespace LowMem.Checkpoints.Verification;

/// <summary>Judges the values of all tensors by the health rules.</summary>
/// <param name="checkpoint">The checkpoint.</param>
/// <param name="allowsNonFinite">Whether a tensor may hold NaN and infinities; null when none may.</param>
/// <param name="comparesSiblings">Whether all tensors are looked at here, so that they can be compared.</param>
internal sealed class ValueCheck(Checkpoint checkpoint, Func<string, bool>? allowsNonFinite, bool comparesSiblings)
{
    private readonly ScanBudget budget = new(checkpoint.Files);
    private readonly List<CheckpointFinding> findings = [];
    private readonly List<HealthSubject> subjects = [];

    /// <summary>Where the values of each tensor are that is judged, or null when they were gathered.</summary>
    private readonly List<StoredContent?> contents = [];
    private readonly HealthCheck health = new(checkpoint) { ComparesSiblings = comparesSiblings };
    private readonly Dictionary<(StoredContent, long, long, DType), EvidenceConsumer> regions = [];

    /// <summary>Names what is to be read.</summary>
    public void Plan(BlockPlan plan)
    {
        foreach (var tensor in checkpoint.Tensors)
        {
            if (DType.Find(tensor.DType) is not { } type || !IsExamined(tensor, type))
            {
                continue;
            }

            if (tensor.UnreadableReason is { } reason)
            {
                AddUnchecked(FindingSeverity.Information, tensor, reason);
            }
            else if (tensor.ElementCount > 0)
            {
                Plan(tensor, type, plan);
            }
        }
    }

    /// <summary>Names what has to be read once more; false when nothing has.</summary>
    /// <param name="plan">Takes it.</param>
    /// <param name="share">What was read here.</param>
    public bool PlanCloserLook(BlockPlan plan, PlanShare share)
    {
        // Which ones may be is known before anything was read, so that it does not depend on who reads what.
        var mayLook = new HashSet<TensorView>(ReferenceEqualityComparer.Instance);
        mayLook.UnionWith(subjects.Select(subject => subject.View).Where(view => budget.TryTake(view.Tensor)));
        health.Keep(subject => share.Has(subject.Evidence));
        return health.PlanCloserLook(plan, mayLook.Contains);
    }

    /// <summary>What came out, once everything has been read.</summary>
    /// <param name="share">What was read here.</param>
    public IEnumerable<PlacedFinding> Conclude(PlanShare share)
    {
        foreach (var (place, finding) in findings.Index())
        {
            if (share.HasCommon)
            {
                yield return new PlacedFinding(FindingSection.Values, place, 0, finding);
            }
        }

        var judged = health.Conclude().ToDictionary(item => item.Subject, item => item.Findings);
        foreach (var (place, (subject, content)) in subjects.Zip(contents).Index())
        {
            foreach (var (minor, finding) in judged.GetValueOrDefault(subject, []).Index())
            {
                yield return new PlacedFinding(FindingSection.Values, findings.Count + place, minor, new CheckpointFinding(
                    finding.Code == FindingCodes.NonFiniteValues && (allowsNonFinite?.Invoke(subject.Key) ?? false) ? FindingSeverity.Information : finding.Severity,
                    finding.Code,
                    subject.Key,
                    PlaceOf(subject, finding, content),
                    finding.Message));
            }
        }
    }

    /// <summary>What is to be compared with tensors that others read, with its place.</summary>
    /// <param name="share">What was read here.</param>
    public IEnumerable<PlacedSibling> GetSiblings(PlanShare share)
    {
        foreach (var (place, subject) in subjects.Index())
        {
            if (share.Has(subject.Evidence) && SiblingFact.Of(subject) is { } fact)
            {
                yield return new PlacedSibling(findings.Count + place, 0, fact);
            }
        }
    }

    /// <summary>Where in the file the first value is that a finding is about; null when it lies nowhere in it as it is.</summary>
    private static long? PlaceOf(HealthSubject subject, HealthFinding finding, StoredContent? content)
    {
        if (finding.FirstStored is { } number && content is { IsPacked: false })
        {
            return content.Offset + subject.Evidence.Start + (number / ValueCounter.NumbersPerElement(subject.Type) * subject.Type.ByteSize);
        }

        var tensor = subject.View.Tensor;
        return finding.FirstElement is { } element && tensor is { IsContiguous: true, Offset: >= 0, Chunks: null }
            ? tensor.Offset + (element * subject.Type.ByteSize)
            : null;
    }

    private void Plan(TensorInfo tensor, DType type, BlockPlan plan)
    {
        var (distinct, repeat) = DistinctElements.Of(tensor);
        long spanned = type.GetByteLength(StridedLayout.Extent(distinct.Shape, distinct.Stride));
        var content = plan.GetContent(tensor);
        if (content is not null && distinct.IsContiguous)
        {
            PlanRange(tensor, type, content, spanned, repeat);
        }
        else if (budget.TryTake(distinct))
        {
            var gathered = new EvidenceConsumer(0, type, distinct.ByteLength, isBigEndian: false);
            plan.Add(distinct, gathered);
            Add(tensor, gathered, repeat, null);
        }
        else
        {
            AddUnchecked(FindingSeverity.Warning, tensor, "it describes far more values than the file has bytes");
        }
    }

    /// <summary>Counts the bytes as they lie there, in whatever order.</summary>
    private void PlanRange(TensorInfo tensor, DType type, StoredContent content, long length, long repeat)
    {
        if (!regions.TryGetValue((content, tensor.StorageStart, length, type), out var region))
        {
            if (!budget.TryTake(length))
            {
                AddUnchecked(FindingSeverity.Warning, tensor, "too many tensors share its storage");
                return;
            }

            region = new EvidenceConsumer(tensor.StorageStart, type, length, tensor.IsStoredBigEndian());
            regions.Add((content, tensor.StorageStart, length, type), region);
            content.Add(tensor.StorageStart, length, region);
        }

        Add(tensor, region, repeat, content);
    }

    private void Add(TensorInfo tensor, EvidenceConsumer evidence, long repeat, StoredContent? content)
    {
        subjects.Add(health.Add(new TensorView(tensor), evidence, repeat));
        contents.Add(content);
    }

    /// <summary>Of integers, only weights are looked at.</summary>
    private static bool IsExamined(TensorInfo tensor, DType type) => EvidenceConsumer.CanExamine(type)
        && (ValueCounter.CanCount(type) || (tensor.UnreadableReason is null && tensor.Shape.Length > 1 && TensorRole.IsWeight(tensor.Key)));

    private void AddUnchecked(FindingSeverity severity, TensorInfo tensor, string reason) => findings.Add(new CheckpointFinding(
        severity,
        FindingCodes.ValuesUnchecked,
        tensor.Key,
        null,
        $"the values of tensor '{DisplayText.Name(tensor.Key)}' were not checked: {reason}"));
}
