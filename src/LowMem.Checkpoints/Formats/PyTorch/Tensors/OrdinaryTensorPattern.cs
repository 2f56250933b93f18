using System.Runtime.InteropServices;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>
/// Recognises <c>_rebuild_tensor_v2((storage), offset, shape, stride, requires_grad, OrderedDict())</c>, which Python's
/// pickler and TorchScript's write for a tensor with the same thirty opcodes each time, but for the first of an element type.
/// </summary>
internal sealed class OrdinaryTensorPattern : IPickleShortcut
{
    /// <summary>Where among the numbers is which.</summary>
    public const int Storage = 0;
    public const int Count = 1;
    public const int Offset = 2;

    public const int ArgumentCount = 6;

    private const string Rebuild = "torch._utils._rebuild_tensor_v2";

    /// <summary>The first item of the persistent id of a storage, its class, its device, and the class of the dict of hooks.</summary>
    private const int NodeCount = 4;

    private readonly Dictionary<int, OrdinaryTensorKind> kinds = [];
    private PickleGlobal? rebuild;
    private OrdinaryTensorKind? last;

    public static PicklePattern Opcodes { get; } = new(
        PickleStep.Mark,
        PickleStep.Mark,
        PickleStep.Node,
        PickleStep.Node,
        PickleStep.Digits,
        PickleStep.Node,
        PickleStep.Number,
        PickleStep.Tuple,
        PickleStep.PersistentId,
        PickleStep.Number,
        PickleStep.Numbers,
        PickleStep.Numbers,
        PickleStep.Flag,
        PickleStep.Node,
        PickleStep.EmptyTuple,
        PickleStep.Reduce,
        PickleStep.Tuple,
        PickleStep.Reduce);

    public PicklePattern? PatternBehind(PickleGlobal name)
    {
        if (name != rebuild && name.FullName == Rebuild)
        {
            rebuild = name;
        }

        return name == rebuild ? Opcodes : null;
    }

    public PickleObject? TryMake(PickleGlobal name, PickleRun found, PickleHeap heap)
    {
        var numbers = found.Numbers;
        if (last?.Includes(name, found.Nodes, numbers) != true && !TryFindKind(name, found, heap))
        {
            return null;
        }

        return new OrdinaryTensorCall(last!, numbers[Storage], numbers[Offset]);
    }

    private bool TryFindKind(PickleGlobal name, PickleRun found, PickleHeap heap)
    {
        var numbers = found.Numbers;
        var hash = new HashCode();
        hash.Add(numbers[Count]);
        hash.AddBytes(MemoryMarshal.AsBytes(numbers[(Offset + 1)..]));
        ref var kind = ref CollectionsMarshal.GetValueRefOrAddDefault(kinds, hash.ToHashCode(), out _);
        if (kind?.Includes(name, found.Nodes, numbers) != true)
        {
            if (!IsOrdinary(found.Nodes))
            {
                return false;
            }

            kind = new OrdinaryTensorKind(name, [.. found.Nodes], [.. numbers]);
            heap.AddCall(new PickleCall(found.Nodes[NodeCount - 1], PickleSequence.EmptyTuple));
            heap.AddCall(new OrdinaryTensorCall(kind, numbers[Storage], numbers[Offset]));
        }

        last = kind;
        return true;
    }

    private static bool IsOrdinary(ReadOnlySpan<PickleNode> nodes) =>
        nodes is [PickleScalar { Value: "storage" }, PickleGlobal, PickleScalar, PickleGlobal { FullName: "collections.OrderedDict" }];
}
