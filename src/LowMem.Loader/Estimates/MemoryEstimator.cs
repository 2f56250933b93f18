using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;
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

    /// <summary>What any load costs: threads, and code that runs for the first time.</summary>
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
        var part = CheckpointPart.Take(checkpoint, options.Prefix, options.AllowMissing ? loss => lost = loss : null, CancellationToken.None);
        ((checkpoint, string prefix, _, _), _) = ShardSelection.Split(part, options, CancellationToken.None);
        var keys = checkpoint.Tensors.Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        var tensors = keys
            .DistinctBy(tensor => TensorTie.Of(tensor, CheckpointSkeleton.Split(tensor.Key[prefix.Length..]).Name))
            .Select(tensor => (tensor, options.GetTarget(DType.Get(tensor.DType), DType.Get(tensor.DType))))
            .ToList();
        if (tensors.Count == 0 && checkpoint.Tensors.Count > 0)
        {
            throw new ModelException(ModelErrorIds.Mismatch, $"{checkpoint.Path}: {KeyPrefix.DescribeAbsent(checkpoint.Tensors, prefix)}");
        }

        return Estimate(
            checkpoint, prefix, new TransferPlan(tensors, resident: true), new TransferPlan(tensors, resident: false), LoadMemory.GetAvailableBytes()) with
        {
            TensorCount = keys.Count,
            MissingKeys = [.. lost.MissingKeys],
            Faults = [.. lost.Faults],
        };
    }

    internal static MemoryEstimate Estimate(
        Checkpoint checkpoint, string prefix, TransferPlan resident, TransferPlan mapped, long available)
    {
        var model = resident.CopiedBytes;
        var count = resident.Transfers.Count;
        var largest = resident.Transfers.MaxBy(transfer => transfer.ByteLength);
        var overhead = FixedBytes + (BytesPerTensor * count) + GetUnfolded(resident);
        var naive = GetEstimate(
            model + checkpoint.GetSummary().ByteLength + overhead + GetReadBuffers(resident) + (BytesPerTensor * checkpoint.Tensors.Count), available);
        var inMemory = GetEstimate(model + overhead + GetReadBuffers(resident), available) with { CopiedBytes = model };
        var inFile = GetEstimate(
            mapped.CopiedBytes + overhead + GetReadBuffers(mapped) + (mapped.MapsAnything ? GetCommitCharge(checkpoint) : 0), available) with
        {
            MappedBytes = mapped.MappedBytes,
            CopiedBytes = mapped.CopiedBytes,
        };
        var limit = AvailableMemory.GetLimit();
        if (mapped.MapsAnything && limit.IsAddressSpace && checkpoint.Files.Sum(file => file.Length) > available - mapped.CopiedBytes)
        {
            // A map takes no memory, and all of its length of the address space.
            inFile = inFile with { Fits = false };
        }

        var (mode, advice) = Advise(model, mapped.CopiedBytes, inMemory, inFile, limit);
        return new MemoryEstimate
        {
            Path = checkpoint.Path,
            Prefix = prefix,
            TensorCount = count,
            ModelBytes = model,
            BytesOnDisk = checkpoint.Files.Sum(file => file.Length),
            LargestTensor = largest is null ? null : new LargestTensor(largest.Source.Key, largest.ByteLength),
            Naive = naive,
            Resident = inMemory,
            Mapped = inFile,
            MemoryAvailable = available,
            AdvisedMode = mode,
            Advice = advice,
        };
    }

    private static ModeEstimate GetEstimate(long peak, long available) => new(peak, peak <= available);

    // A compressed storage is unfolded as a whole, one at a time.
    private static long GetUnfolded(TransferPlan plan) => plan.Transfers
        .Where(transfer => transfer.Source.Offset < 0)
        .Select(transfer => transfer.Source.GetStorageByteLength())
        .DefaultIfEmpty()
        .Max();

    private static long GetReadBuffers(TransferPlan plan) => ResidentReader.GetBufferBytes(
        plan.BytesToRead, plan.Transfers.Any(transfer => !transfer.IsMapped && transfer.Source.DType != transfer.Target.Name));

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
