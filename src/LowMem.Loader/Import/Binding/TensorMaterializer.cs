using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using LowMem.Loader.Memory.Limits;
using LowMem.Loader.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Binding;

/// <summary>
/// Makes the tensors of a plan beside the module: views of the mapped file where that is possible and wanted, and
/// otherwise memory that is filled once, without another copy of the tensor.
/// </summary>
internal sealed class TensorMaterializer : IDisposable
{
    private const string TheValues = "the values that are copied, and for copying them";

    private const string Advice = "Nothing was loaded. Values that stay in the mapped file need none: leave out -Resident, and casts. Else load a part of the "
        + "model with -Include, or free what is no longer used (Dispose, Move-ModuleToMeta).";

    private const string LimitAdvice = "load a part of the model with -Include: a mapped file takes address space as well";

    private readonly ImportPlan plan;
    private readonly Device device;
    private readonly bool resident;
    private readonly ProgressCounter progress;
    private readonly CancellationToken cancellationToken;
    private readonly TensorDataReader dataReader;
    private readonly ResidentReader reader;
    private readonly ResidentMemory? memory;
    private readonly MappedTensors mapped;

    // Elements that two keys of the checkpoint share are read once, and stay shared.
    private readonly Dictionary<string, List<(PlannedTensor Planned, Tensor Value)>> copies = new(StringComparer.Ordinal);
    private readonly List<ReadJob> jobs = [];

    public TensorMaterializer(
        Checkpoint checkpoint,
        ImportPlan plan,
        Device device,
        bool resident,
        TensorDataReader dataReader,
        IProgress<ImportProgress>? progress,
        CancellationToken cancellationToken)
    {
        this.plan = plan;
        this.device = device;
        this.resident = resident;
        this.cancellationToken = cancellationToken;
        this.progress = new ProgressCounter(progress, plan.Tensors.Where(IsCopied).Sum(planned => new StorageOrder(planned.Source).Tensor.ByteLength), plan.Tensors.Count);
        this.dataReader = dataReader;
        reader = new ResidentReader(dataReader, this.progress.AddBytes);
        mapped = new MappedTensors(checkpoint.Files.ToDictionary(file => file.Path, StringComparer.Ordinal));
        memory = device.type == DeviceType.CPU ? ReserveMemory(plan.Tensors.Where(IsCopied).ToList()) : null;
    }

    /// <summary>How many tensors stay in the mapped file.</summary>
    public int MappedCount { get; private set; }

    /// <summary>The bytes that stay in the mapped file.</summary>
    public long MappedBytes { get; private set; }

    /// <summary>The bytes of the memory that was filled.</summary>
    public long CopiedBytes { get; private set; }

    /// <summary>Makes all tensors, in the order of the plan; the caller disposes of them.</summary>
    /// <exception cref="CheckpointException">A file is gone, changed or shorter than it was.</exception>
    /// <exception cref="ModelException">There is not enough memory.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing is left behind.</exception>
    public IReadOnlyList<Tensor> Create()
    {
        var values = new List<Tensor>(plan.Tensors.Count);
        try
        {
            using var noGrad = no_grad();
            foreach (var planned in plan.Tensors)
            {
                cancellationToken.ThrowIfCancellationRequested();
                values.Add(Create(planned));
                if (device.type != DeviceType.CPU)
                {
                    // One at a time, so that no more than one tensor is on both devices.
                    Fill();
                    values[^1] = Move(values[^1]);
                }

                progress.AddTensor();
            }

            Fill();

            // What was read while somebody wrote to the file is neither the old nor the new.
            dataReader.CheckUnchanged();
            mapped.CheckUnchanged();
            return values;
        }
        catch
        {
            values.ForEach(value => value.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        mapped.Dispose();
        memory?.Dispose();
    }

    private bool IsCopied(PlannedTensor planned) =>
        resident || planned.IsCast || device.type != DeviceType.CPU || !InPlaceUse.IsPossible(planned.Source);

    private Tensor Create(PlannedTensor planned)
    {
        var source = planned.Source;
        if (resident || !InPlaceUse.IsPossible(source))
        {
            return CreateCopy(planned, Read);
        }

        if (planned.IsCast)
        {
            return CreateCopy(planned, CastFromMap);
        }

        MappedCount++;
        MappedBytes += source.ByteLength;
        return mapped.CreateView(source, planned.SourceType);
    }

    /// <summary>Memory for the distinct elements of a tensor, or a second handle on it when they are there already.</summary>
    private Tensor CreateCopy(PlannedTensor planned, Action<PlannedTensor, TensorInfo, Tensor> fill)
    {
        var source = planned.Source;
        var order = new StorageOrder(source);
        var known = copies.TryGetValue(source.StorageKey ?? source.Key, out var sameStorage)
            ? sameStorage
            : copies[source.StorageKey ?? source.Key] = [];
        foreach (var (other, value) in known)
        {
            if (other.TargetType == planned.TargetType && TensorEquality.AreSameView(other.Source, source))
            {
                progress.AddBytes(order.Tensor.ByteLength);
                return TensorViews.Detach(value);
            }
        }

        CopiedBytes += order.Tensor.ElementCount * GetElementSize(planned.TargetType);
        using var elements = Allocate(planned, order.Tensor.Shape);
        fill(planned, order.Tensor, elements);
        using var restored = order.Restore(elements);
        var tensor = TensorViews.Detach(restored);
        if (device.type == DeviceType.CPU)
        {
            known.Add((planned, tensor));
        }

        return tensor;
    }

    private void Read(PlannedTensor planned, TensorInfo source, Tensor memory)
    {
        var flat = memory.view(-1).DetachFromDisposeScope();
        jobs.Add(new ReadJob(source, planned.SourceType, flat));
    }

    private void CastFromMap(PlannedTensor planned, TensorInfo source, Tensor memory)
    {
        using var view = mapped.CreateView(source, planned.SourceType);
        var elementSize = DType.Get(source.DType).ByteSize;
        BlockCopy.Run(view, memory, count => progress.AddBytes(count * elementSize), cancellationToken);
    }

    private void Fill()
    {
        // A mapped load has nothing to read: the machinery for it is not even started.
        if (jobs.Count == 0)
        {
            return;
        }

        try
        {
            reader.Read(jobs, cancellationToken);
        }
        finally
        {
            jobs.ForEach(job => job.Destination.Dispose());
            jobs.Clear();
        }
    }

    private Tensor Move(Tensor value)
    {
        using (value)
        {
            return value.to(device).DetachFromDisposeScope();
        }
    }

    // Checked before anything is read: what is filled beyond what there is ends in the death of the process, not in an error.
    private static ResidentMemory? ReserveMemory(List<PlannedTensor> copied)
    {
        var distinct = DistinctTensors.Find(copied, planned => (planned.Source, ScalarTypes.GetName(planned.TargetType)));
        var values = distinct.Sum(GetLength);
        if (values == 0)
        {
            return null;
        }

        MemoryPressure.MakeRoom(values);
        var wanted = checked(values + LoadMemory.Margin);
        if (AvailableMemory.GetLimit() is var limit && wanted > limit.Bytes)
        {
            throw limit.CreateError(TheValues, wanted, Advice, cause: null, LimitAdvice);
        }

        try
        {
            return ResidentMemory.IsSupported ? new ResidentMemory(copied.Sum(GetLength)) : null;
        }
        catch (Exception error) when (error is IOException || MemoryErrors.IsOutOfMemory(error))
        {
            throw limit.CreateError(TheValues, wanted, Advice, error, LimitAdvice);
        }
    }

    private static long GetLength(PlannedTensor planned) =>
        ResidentMemory.GetLength(new StorageOrder(planned.Source).Tensor.ElementCount, GetElementSize(planned.TargetType));

    private Tensor Allocate(PlannedTensor planned, long[] shape)
    {
        var elementSize = GetElementSize(planned.TargetType);
        if (memory is not null && !shape.Contains(0))
        {
            return memory.Allocate(shape, planned.TargetType, elementSize).DetachFromDisposeScope();
        }

        try
        {
            // Pages come when they are filled, not here.
            return HeapMemory.CreateTensor(shape, planned.TargetType, elementSize);
        }
        catch (Exception error) when (MemoryErrors.IsOutOfMemory(error))
        {
            var wanted = shape.Aggregate((long)elementSize, (product, size) => checked(product * size));
            throw AvailableMemory.GetLimit().CreateError(
                $"'{DisplayText.Name(planned.Slot.Key)}' ({PlanChecks.Describe(planned.Slot.DType, shape)})", wanted, Advice, error, LimitAdvice);
        }
    }

    private static int GetElementSize(ScalarType type) => DType.Get(ScalarTypes.GetName(type)).ByteSize;
}
