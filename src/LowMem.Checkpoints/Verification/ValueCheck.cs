using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification;

/// <summary>Looks for NaN, infinities, denormal numbers and tensors that are all zero.</summary>
internal sealed class ValueCheck(Checkpoint checkpoint, Func<string, bool>? allowsNonFinite)
{
    private readonly ScanBudget budget = new(checkpoint.Files);
    private readonly List<CheckpointFinding> findings = [];
    private readonly List<Target> targets = [];
    private readonly Dictionary<(ScanExtent, long, long, DType), ValueRegion> regions = [];
    private readonly List<IScanWork> gathers = [];

    /// <summary>Names the ranges to be read; returns what cannot be read as a range.</summary>
    public IReadOnlyList<IScanWork> Plan(ScanExtents extents)
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
                Plan(tensor, type, extents);
            }
        }

        return gathers;
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

            if (counts.Zero == counts.Numbers)
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

    private void Plan(TensorInfo tensor, DType type, ScanExtents extents)
    {
        var (distinct, repeat) = DistinctElements.Of(tensor);
        long spanned = type.GetByteLength(StridedLayout.Extent(distinct.Shape, distinct.Stride));
        var extent = extents.Get(tensor);
        if (extent is not null && DistinctElements.FillTheirRange(distinct))
        {
            PlanRange(tensor, type, extent, spanned, repeat);
        }
        else if (budget.TryTake(distinct.ByteLength))
        {
            var gathered = new ValueRegion(0, distinct.ByteLength, type, isBigEndian: false);
            gathers.Add(new GatherWork(distinct, gathered));
            targets.Add(new Target(tensor.Key, gathered, repeat, null));
        }
        else
        {
            AddUnchecked(FindingSeverity.Warning, tensor, "it describes far more values than the file has bytes");
        }
    }

    /// <summary>Counts the bytes as they lie there, in whatever order.</summary>
    private void PlanRange(TensorInfo tensor, DType type, ScanExtent extent, long length, long repeat)
    {
        if (!regions.TryGetValue((extent, tensor.StorageStart, length, type), out var region))
        {
            if (!budget.TryTake(length))
            {
                AddUnchecked(FindingSeverity.Warning, tensor, "too many tensors share its storage");
                return;
            }

            region = new ValueRegion(tensor.StorageStart, length, type, tensor.IsStoredBigEndian());
            regions.Add((extent, tensor.StorageStart, length, type), region);
            extent.Add(region);
        }

        targets.Add(new Target(tensor.Key, region, repeat, extent));
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
    /// <param name="Extent">Where the region lies, or null when the values were gathered.</param>
    private sealed record Target(string Key, ValueRegion Region, long Repeat, ScanExtent? Extent)
    {
        /// <summary>Where in the file a number is; null when it lies nowhere in it as it is.</summary>
        public long? PlaceOf(long number) => Extent is { PackedLength: null }
            ? Extent.Offset + Region.Start + (number / ValueCounter.NumbersPerElement(Region.Type) * Region.Type.ByteSize)
            : null;
    }
}
