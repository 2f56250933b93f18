using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using LowMem.Loader.Memory.Limits;
using LowMem.Loader.Memory.Prefetch;
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
    private readonly TransferPlan transfers;
    private readonly ProgressCounter progress;
    private readonly CancellationToken cancellationToken;
    private readonly ResidentReader reader;
    private readonly ResidentMemory? memory;
    private readonly MappedTensors mapped;

    // What other tensors share later.
    private readonly Dictionary<Transfer, Tensor> copies = new(ReferenceEqualityComparer.Instance);
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
        this.cancellationToken = cancellationToken;
        transfers = plan.GetTransfers(resident, device.type == DeviceType.CPU);
        ProgressCounter? counter = null;
        mapped = new MappedTensors(checkpoint.Files.ToDictionary(file => file.Path, StringComparer.Ordinal), bytes => counter?.AddBytes(bytes), cancellationToken);
        long toFetch = mapped.CountBytesToFetch(transfers.Transfers.Where(transfer => transfer.Kind != TransferKind.Read).Select(transfer => transfer.Source.Path));
        this.progress = counter = new ProgressCounter(progress, transfers.BytesToRead + toFetch, plan.Tensors.Count);
        reader = new ResidentReader(dataReader, checkpoint.Files, this.progress.AddBytes);
        memory = device.type == DeviceType.CPU ? ReserveMemory(transfers) : null;
    }

    /// <summary>How the values come, and how many bytes that makes.</summary>
    public TransferPlan Transfers => transfers;

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
            for (var i = 0; i < plan.Tensors.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var transfer = transfers.Transfers[i];
                values.Add(Create(plan.Tensors[i], transfer));
                if (device.type != DeviceType.CPU)
                {
                    // One at a time, so that no more than one tensor is on both devices.
                    Fill();
                    values[^1] = Move(values[^1]);
                    progress.AddBytes(transfer.Kind == TransferKind.Map ? transfer.Order.Tensor.ByteLength : 0);
                }

                progress.AddTensor();
            }

            Fill();

            // What was read while somebody wrote to the file is neither the old nor the new.
            reader.CheckUnchanged();
            mapped.CheckUnchanged();
            return values;
        }
        catch
        {
            values.ForEach(value => value.Dispose());
            throw;
        }
    }

    /// <summary>Reads the pages of what is mapped in the background, into the memory that is free now.</summary>
    public PagePrefetch StartPrefetch()
    {
        mapped.AdviseLargePages();
        return PagePrefetch.Start(
            transfers.Transfers.Where(transfer => transfer.IsMapped).Select(transfer => transfer.Source), mapped.Files, LoadMemory.GetAvailableBytes());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        reader.Dispose();
        mapped.Dispose();
        memory?.Dispose();
    }

    private Tensor Create(PlannedTensor planned, Transfer transfer) => transfer switch
    {
        { Kind: TransferKind.Map } => mapped.CreateView(transfer.Source, planned.SourceType),
        { SharedWith: { } first } => Share(transfer, copies[first]),
        _ => CreateCopy(planned, transfer),
    };

    private Tensor Share(Transfer transfer, Tensor value)
    {
        progress.AddBytes(transfer.Order.Tensor.ByteLength);
        return TensorViews.Detach(value);
    }

    /// <summary>Memory for the distinct elements of a tensor.</summary>
    private Tensor CreateCopy(PlannedTensor planned, Transfer transfer)
    {
        var order = transfer.Order;
        using var elements = Allocate(planned, order.Tensor.Shape);
        jobs.Add(new ReadJob(order.Tensor, planned.SourceType, elements.view(-1).DetachFromDisposeScope()));
        using var restored = StorageOrder.Restore(order, elements, transfer.Source.Shape);
        var tensor = TensorViews.Detach(restored);
        copies.Add(transfer, tensor);
        return tensor;
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
    private static ResidentMemory? ReserveMemory(TransferPlan transfers)
    {
        var values = transfers.Transfers
            .Where(transfer => transfer is { IsMapped: false, SharedWith: null })
            .Sum(transfer => ResidentMemory.GetLength(transfer.Order.Tensor.ElementCount, transfer.Target.ByteSize));
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
            return ResidentMemory.IsSupported ? new ResidentMemory(values) : null;
        }
        catch (Exception error) when (error is IOException || MemoryErrors.IsOutOfMemory(error))
        {
            throw limit.CreateError(TheValues, wanted, Advice, error, LimitAdvice);
        }
    }

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
                $"'{DisplayText.Name(planned.Parameter.Key)}' ({PlanChecks.Describe(planned.Parameter.DType, shape)})", wanted, Advice, error, LimitAdvice);
        }
    }

    private static int GetElementSize(ScalarType type) => DType.Get(ScalarTypes.GetName(type)).ByteSize;
}

/// <summary>Adds up what several threads have done, and passes it on.</summary>
internal sealed class ProgressCounter(IProgress<ImportProgress>? progress, long bytesTotal, int tensorsTotal)
{
    private long bytesDone;
    private int tensorsDone;

    public void AddBytes(long count)
    {
        Interlocked.Add(ref bytesDone, count);
        Report();
    }

    public void AddTensor()
    {
        Interlocked.Increment(ref tensorsDone);
        Report();
    }

    private void Report() => progress?.Report(new ImportProgress(
        Interlocked.Read(ref bytesDone), bytesTotal, Volatile.Read(ref tensorsDone), tensorsTotal));
}
