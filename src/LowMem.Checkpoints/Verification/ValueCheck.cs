using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification;

/// <summary>Looks for NaN, infinities, denormal numbers and tensors that are all zero.</summary>
internal sealed class ValueCheck(Checkpoint checkpoint, Func<string, bool>? allowsNonFinite)
{
    private readonly ScanBudget budget = new(checkpoint.Files);
    private readonly List<CheckpointFinding> findings = [];
    private readonly List<Target> targets = [];
    private readonly Dictionary<(StoredContent, long, long, DType), ValueRegion> regions = [];

    /// <summary>Names what is to be read.</summary>
    public void Plan(BlockPlan plan)
    {
        foreach (var tensor in checkpoint.Tensors)
        {
            if (DType.Find(tensor.DType) is not { } type || !ValueCounter.CanCount(type))
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

    /// <summary>What came out, once everything has been read.</summary>
    public IEnumerable<CheckpointFinding> Conclude()
    {
        foreach (var target in targets)
        {
            var counts = target.Region.Counts;
            string key = DisplayText.Name(target.Key);
            string of = $"of {Times(counts.Numbers, target.Repeat)} values";
            if (counts.NonFinite > 0)
            {
                bool allowed = allowsNonFinite?.Invoke(target.Key) ?? false;
                findings.Add(new CheckpointFinding(
                    allowed ? FindingSeverity.Information : FindingSeverity.Error,
                    FindingCodes.NonFiniteValues,
                    target.Key,
                    target.PlaceOf(counts.FirstNonFinite),
                    $"tensor '{key}' holds {Times(counts.NaN, target.Repeat)} NaN and {Times(counts.Infinite, target.Repeat)} infinite {of}"));
            }

            if (counts.Numbers > 0 && counts.Zero == counts.Numbers)
            {
                findings.Add(new CheckpointFinding(
                    FindingSeverity.Information, FindingCodes.AllZero, target.Key, null, $"tensor '{key}' is all zero"));
            }

            if (counts.Denormal > 0)
            {
                findings.Add(new CheckpointFinding(
                    FindingSeverity.Information,
                    FindingCodes.DenormalValues,
                    target.Key,
                    null,
                    $"tensor '{key}' holds {Times(counts.Denormal, target.Repeat)} denormal {of}"));
            }
        }

        return findings;
    }

    private static Int128 Times(long count, long repeat) => (Int128)count * repeat;

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
            var gathered = new ValueRegion(0, type, isBigEndian: false);
            plan.Add(distinct, gathered);
            targets.Add(new Target(tensor.Key, gathered, repeat, null));
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

            region = new ValueRegion(tensor.StorageStart, type, tensor.IsStoredBigEndian());
            regions.Add((content, tensor.StorageStart, length, type), region);
            content.Add(tensor.StorageStart, length, region);
        }

        targets.Add(new Target(tensor.Key, region, repeat, content));
    }

    private void AddUnchecked(FindingSeverity severity, TensorInfo tensor, string reason) => findings.Add(new CheckpointFinding(
        severity,
        FindingCodes.ValuesUnchecked,
        tensor.Key,
        null,
        $"the values of tensor '{DisplayText.Name(tensor.Key)}' were not checked: {reason}"));

    /// <summary>A tensor, and where its values are counted.</summary>
    /// <param name="Key">The tensor.</param>
    /// <param name="Region">The counts, which tied tensors share.</param>
    /// <param name="Repeat">How often the tensor shows each counted value.</param>
    /// <param name="Content">Where the region lies, or null when the values were gathered.</param>
    private sealed record Target(string Key, ValueRegion Region, long Repeat, StoredContent? Content)
    {
        /// <summary>Where in the file a number is; null when it lies nowhere in it as it is.</summary>
        public long? PlaceOf(long number) => Content is { IsPacked: false }
            ? Content.Offset + Region.Start + (number / ValueCounter.NumbersPerElement(Region.Type) * Region.Type.ByteSize)
            : null;
    }
}
