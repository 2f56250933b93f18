using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>Reads the arguments of a rebuild function one by one, each with its type checked.</summary>
internal sealed class RebuildArguments(string function, IReadOnlyList<PickleNode> arguments)
{
    /// <summary>No type, layout or scheme has a longer name; a longer one would be looked at once for each tensor.</summary>
    public const int LongestName = 128;

    public PickleNode? Optional(int index) => index < arguments.Count ? arguments[index] : null;

    public PickleNode Required(int index) =>
        Optional(index) ?? throw Wrong(index, "is missing");

    public bool Boolean(int index) => Required(index) switch
    {
        PickleScalar { Value: bool value } => value,
        PickleScalar { Value: null } => false,
        PickleScalar { Value: long value } => value != 0,
        _ => throw Wrong(index, "is no boolean"),
    };

    public long Count(int index) =>
        Required(index) is PickleScalar { Value: long value and >= 0 }
            ? value
            : throw Wrong(index, "is no count from 0 up");

    public DType Type(int index) => TypeOf(Required(index)) ?? throw Wrong(index, "is no element type");

    public PicklePersistentId Storage(int index) => Required(index) switch
    {
        PicklePersistentId id => id,

        // torch.storage.TypedStorage wraps an untyped one; its state names it.
        PickleObject { State: PickleMapping state } when state.Find("_untyped_storage") is PicklePersistentId id => id,
        _ => throw Wrong(index, "is no storage"),
    };

    /// <summary>A torch.Size, tuple or list of sizes or strides.</summary>
    public long[] Sizes(int index)
    {
        var items = PythonValues.AsSequence(Required(index)) ?? throw Wrong(index, "is no tuple of integers");
        if (items.Count > StridedLayout.MaxDimensions)
        {
            throw Wrong(index, $"has {items.Count} dimensions");
        }

        var sizes = new long[items.Count];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = items[i] is PickleScalar { Value: long size and >= 0 }
                ? size
                : throw Wrong(index, "holds something that is no size from 0 up");
        }

        return sizes;
    }

    public static DType? TypeOf(PickleNode node)
    {
        const string prefix = "torch.";
        return node is PickleGlobal { FullName: { Length: <= LongestName } name } && name.StartsWith(prefix, StringComparison.Ordinal)
            ? DType.Find(name[prefix.Length..])
            : null;
    }

    private TensorProblemException Wrong(int index, string what) =>
        new(FindingCodes.TensorInvalid, $"argument {index} of {function} {what}");
}
