using LowMem.Checkpoints;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Memory;

namespace LowMem.Loader.Import.Planning;

/// <summary>
/// How the values of each tensor get from the files into the module, and how many bytes that makes. A load does what is written
/// here, and an estimate adds it up, so that the two cannot differ. Knows nothing of libtorch, and needs none.
/// </summary>
internal sealed class TransferPlan
{
    private readonly List<Transfer> transfers = [];
    private readonly Dictionary<Copy, Transfer> copies = [];

    /// <summary>Plans the transfers, in the order of the tensors.</summary>
    /// <param name="tensors">Each tensor of a checkpoint, and the element type that it is to have.</param>
    /// <param name="resident">Whether all values are copied into memory.</param>
    /// <param name="isInMemory">Whether they stay in the memory of this machine, and are not moved on to another device.</param>
    public TransferPlan(IEnumerable<(TensorInfo Source, DType Target)> tensors, bool resident, bool isInMemory = true)
    {
        foreach (var (source, target) in tensors)
        {
            // A slice with gaps would keep pages in use that are not wanted; as a copy it has its own bytes and no more.
            var isMappable = !resident && source.DType == target.Name && FileTensors.AreUsable(source) && (source.GetWholeShape() is null || source.IsContiguous);
            var kind = isMappable ? TransferKind.Map : TransferKind.Read;
            var order = DistinctElements.Of(source);
            var isMapped = kind == TransferKind.Map && isInMemory;

            // Elements that two keys of the checkpoint share are read once, and stay shared. On another device each is alone.
            Transfer? first = null;
            var transfer = new Transfer(source, target, kind, order) { IsMapped = isMapped };
            if (kind != TransferKind.Map && isInMemory && !copies.TryAdd(new Copy(TensorIdentity.OfView(source), target.Name), transfer))
            {
                first = copies[new Copy(TensorIdentity.OfView(source), target.Name)];
                transfer = transfer with { SharedWith = first };
            }

            transfers.Add(transfer);
            if (isMapped)
            {
                MappedCount++;
                MappedBytes = checked(MappedBytes + source.ByteLength);
                continue;
            }

            BytesToRead = checked(BytesToRead + order.Tensor.ByteLength);
            CopiedBytes = checked(CopiedBytes + (first is null ? transfer.ByteLength : 0));
        }
    }

    /// <summary>The transfers.</summary>
    public IReadOnlyList<Transfer> Transfers => transfers;

    /// <summary>How many tensors stay in the mapped file.</summary>
    public int MappedCount { get; }

    /// <summary>The bytes that stay in the mapped file.</summary>
    public long MappedBytes { get; }

    /// <summary>The bytes of the memory that is filled; elements that several tensors share once.</summary>
    public long CopiedBytes { get; }

    /// <summary>The bytes of the file that are to be copied, for the display of progress.</summary>
    public long BytesToRead { get; }

    /// <summary>Whether any file has to be mapped.</summary>
    public bool MapsAnything => transfers.Exists(transfer => transfer.Kind != TransferKind.Read);

    private sealed record Copy(TensorIdentity Identity, string Target);
}

/// <summary>By which way values come.</summary>
internal enum TransferKind
{
    /// <summary>They are used in the mapped file.</summary>
    Map,

    /// <summary>They are read into memory, and cast on the way where that is needed.</summary>
    Read,
}

/// <summary>How the values of one tensor get into the module.</summary>
/// <param name="Source">The tensor of the checkpoint.</param>
/// <param name="Target">The element type that it is to have.</param>
/// <param name="Kind">By which way.</param>
/// <param name="Order">Its distinct elements, which are what is copied.</param>
internal sealed record Transfer(TensorInfo Source, DType Target, TransferKind Kind, DistinctElements Order)
{
    /// <summary>Whether the values stay in the mapped file.</summary>
    public bool IsMapped { get; init; }

    /// <summary>The transfer that has made a copy of the same elements already; null when there is none.</summary>
    public Transfer? SharedWith { get; init; }

    /// <summary>The bytes that its distinct elements take in the module.</summary>
    public long ByteLength => Target.GetByteLength(Order.Tensor.ElementCount);
}
