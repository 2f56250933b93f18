using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using LowMem.Loader.Memory.Limits;
using LowMem.Loader.Skeletons.FromCheckpoint;

namespace LowMem.Loader.Estimates;

/// <summary>Predicts what a load would need. Reads nothing but the description, and never loads libtorch.</summary>
public static class MemoryEstimator
{
    /// <summary>
    /// What each tensor costs beside its values: handles in managed and in native memory, and their share of the lists that
    /// a load keeps. Measured with 100,000 tensors.
    /// </summary>
    internal const long BytesPerTensor = 7 << 10;

    /// <summary>What any load costs: buffers, threads, and code that runs for the first time.</summary>
    internal const long FixedBytes = 4 << 20;

    /// <summary>Predicts the load of a checkpoint into a module that is made after it.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="options">How it would be loaded; the mode is of no account. Null for the defaults.</param>
    /// <exception cref="CheckpointException">A part of the checkpoint is missing or at fault.</exception>
    /// <exception cref="ModelException">The options contradict each other, or no key has the prefix.</exception>
    public static MemoryEstimate Estimate(Checkpoint checkpoint, ImportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        options ??= new ImportOptions();
        options.Validate();
        var lost = new CheckpointLoss([], []);
        var (rest, prefix, _, _) = CheckpointPart.Take(
            checkpoint, options.Prefix, options.AllowMissing ? loss => lost = loss : null, CancellationToken.None);
        checkpoint = rest;
        var tensors = checkpoint.Tensors.Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(tensor => new PlannedBytes(tensor, GetTarget(tensor, options)))
            .ToList();
        if (tensors.Count == 0 && checkpoint.Tensors.Count > 0)
        {
            throw new ModelException(ModelErrorIds.Mismatch, $"{checkpoint.Path}: {StateDictPrefix.DescribeAbsent(checkpoint.Tensors, prefix)}");
        }

        return Estimate(checkpoint, prefix, tensors, LoadMemory.GetAvailableBytes()) with
        {
            MissingKeys = [.. lost.MissingKeys],
            Faults = [.. lost.Faults],
        };
    }

    internal static MemoryEstimate Estimate(
        Checkpoint checkpoint, string prefix, IReadOnlyCollection<PlannedBytes> tensors, long available)
    {
        var model = 0L;
        var copied = 0L;
        var mapsAnything = false;
        var largest = default(LargestTensor);
        foreach (var (planned, bytes) in GetDistinct(tensors))
        {
            model = checked(model + bytes);
            if (planned.IsCast || !InPlaceUse.IsPossible(planned.Source))
            {
                copied += bytes;
            }
            else
            {
                mapsAnything = true;
            }

            if (bytes > (largest?.ByteLength ?? -1))
            {
                largest = new LargestTensor(planned.Source.Key, bytes);
            }
        }

        var overhead = FixedBytes + (BytesPerTensor * tensors.Count) + GetUnfolded(tensors) + GetCastBuffers(tensors);
        var stateDict = checkpoint.GetSummary().ByteLength;
        var naive = GetEstimate(model + stateDict + overhead + (BytesPerTensor * checkpoint.Tensors.Count), available);
        var resident = GetEstimate(model + overhead, available);
        var mapped = GetEstimate(copied + overhead + (mapsAnything ? GetCommitCharge(checkpoint) : 0), available);
        var limit = AvailableMemory.GetLimit();
        if (mapsAnything && limit.IsAddressSpace && checkpoint.Files.Sum(file => file.Length) > available - copied)
        {
            // A map takes no memory, and all of its length of the address space.
            mapped = mapped with { Fits = false };
        }

        var (mode, advice) = Advise(model, copied, resident, mapped, limit);
        return new MemoryEstimate
        {
            Path = checkpoint.Path,
            Prefix = prefix,
            TensorCount = tensors.Count,
            ModelBytes = model,
            BytesOnDisk = checkpoint.Files.Sum(file => file.Length),
            LargestTensor = largest,
            Naive = naive,
            Resident = resident,
            Mapped = mapped,
            MemoryAvailable = available,
            AdvisedMode = mode,
            Advice = advice,
        };
    }

    private static ModeEstimate GetEstimate(long peak, long available) => new(peak, peak <= available);

    private static DType GetTarget(TensorInfo tensor, ImportOptions options)
    {
        var own = DType.Get(tensor.DType);
        return options.DType is { } name && own.Kind == DTypeKind.Floating ? DType.Get(name) : own;
    }

    // Each once, and what several keys share only for the first of them, as a load does.
    private static IEnumerable<(PlannedBytes Planned, long Bytes)> GetDistinct(IEnumerable<PlannedBytes> tensors) =>
        DistinctTensors.Find(tensors, planned => (planned.Source, planned.Target.Name)).Select(planned => (planned, GetByteLength(planned)));

    // Of an expanded tensor the distinct elements are kept; one that cannot be read counts with what it would be.
    private static long GetByteLength(PlannedBytes planned) => planned.Target.GetByteLength(
        planned.Source.Stride.Length == planned.Source.Shape.Length
            ? new StorageOrder(planned.Source).Tensor.ElementCount
            : planned.Source.ElementCount);

    // A compressed storage is unfolded as a whole, one at a time.
    private static long GetUnfolded(IEnumerable<PlannedBytes> tensors) => tensors
        .Where(planned => planned.Source.Offset < 0)
        .Select(planned => planned.Source.GetStorageByteLength())
        .DefaultIfEmpty()
        .Max();

    private static long GetCastBuffers(IEnumerable<PlannedBytes> tensors) =>
        tensors.Any(planned => planned.IsCast) ? ResidentReader.MaxCastBufferBytes : 0;

    // Windows charges a copy-on-write view to the process in full, whether or not it is ever written to.
    private static long GetCommitCharge(Checkpoint checkpoint) =>
        OperatingSystem.IsWindows() ? checkpoint.Files.Sum(file => file.Length) : 0;

    private static (string? Mode, string Advice) Advise(long model, long copied, ModeEstimate resident, ModeEstimate mapped, MemoryLimit limit)
    {
        // Where hardly anything stays in the file, a map has no advantage, and reading in order on all cores is faster.
        if (copied > model / 2 && resident.Fits)
        {
            return (ImportModes.Resident, "Most values have to be copied in any case, so mapping the file would save little.");
        }

        if (mapped.Fits)
        {
            return (ImportModes.Mapped, resident.Fits
                ? "The values can be used where they are. Load resident if the file may change, or lies on a slow or remote disk."
                : "The values can be used where they are, and do not fit into memory.");
        }

        return resident.Fits
            ? (ImportModes.Resident, "A map of the file would be charged in full.")
            : (null, limit == MemoryLimit.None
                ? "It does not fit in any way. Keep the types of the checkpoint, load a part of it, or use a machine with more memory."
                : $"It does not fit in any way. Keep the types of the checkpoint, load a part of it, or allow more: the limit is {limit.Cause}.");
    }
}
