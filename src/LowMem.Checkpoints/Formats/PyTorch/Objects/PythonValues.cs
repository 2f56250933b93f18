using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>Sees through the ways in which Python pickles its own containers.</summary>
internal static class PythonValues
{
    private const int MaxTags = 16;

    /// <summary>The items of a list, tuple, set, torch.Size, deque...; null when the node is none of them.</summary>
    public static IReadOnlyList<PickleNode>? AsSequence(PickleNode node) => node switch
    {
        PickleSequence sequence => sequence.Items,
        PickleObject
        {
            CallableName: "torch.Size" or "builtins.set" or "builtins.frozenset" or "builtins.list" or "builtins.tuple",
        } made => made.ArgumentList is [var only] ? AsPlainSequence(only) : made.Items,
        PickleObject { CallableName: "collections.deque" } deque =>
            deque.Items.Count > 0 || deque.ArgumentList is not [var initial, ..] ? deque.Items : AsPlainSequence(initial),
        _ => null,
    };

    /// <summary>The entries of a dict, OrderedDict, defaultdict or Counter; null when the node is none of them.</summary>
    public static IReadOnlyList<PickleEntry>? AsMapping(PickleNode node) => AsDict(node)?.Entries;

    /// <summary>A dict, OrderedDict, defaultdict or Counter as a dict; null when the node is none of them.</summary>
    public static PickleMapping? AsDict(PickleNode node) => node switch
    {
        PickleMapping mapping => mapping,
        PickleObject { CallableName: "collections.OrderedDict" } ordered when ordered.ArgumentList is [var pairs] =>
            AsPairs(pairs),
        PickleObject { CallableName: "collections.Counter" } counter when counter.ArgumentList is [PickleMapping counts] =>
            counts,
        PickleObject
        {
            CallableName: "collections.OrderedDict" or "collections.defaultdict" or "collections.Counter" or "builtins.dict",
        } made => made.Mapping ?? new PickleMapping(),
        _ => null,
    };

    /// <summary>
    /// The attributes, and those in slots, that BUILD sets of a state: the state is a dict of any kind, or a pair of two of
    /// them, either of which may be None. Null when it is something that only the object's own class understands.
    /// </summary>
    public static (PickleMapping? Attributes, PickleMapping? Slots)? AsAttributes(PickleNode? state)
    {
        if (state is null)
        {
            return null;
        }

        if (AsDict(state) is { } dict)
        {
            return (dict, null);
        }

        return state is PickleSequence { Kind: PickleSequenceKind.Tuple, Count: 2 } pair
            && AsDict(pair[0]) is var attributes
            && AsDict(pair[1]) is var slots
            && (attributes is not null || pair[0] is PickleScalar { Value: null })
            && (slots is not null || pair[1] is PickleScalar { Value: null })
                ? (attributes, slots)
                : null;
    }

    /// <summary>What TorchScript puts around a list or a dict to tell its type, taken off.</summary>
    public static PickleNode WithoutTypeTag(PickleNode node)
    {
        for (int i = 0; i < MaxTags && node is PickleObject { CallableName: { } name } made && IsTypeTag(name) && made.ArgumentCount > 0; i++)
        {
            node = made.ArgumentList[0];
        }

        return node;
    }

    private static bool IsTypeTag(string name) =>
        name is "torch.jit._pickle.restore_type_tag"
            or "torch.jit._pickle.build_tensorlist"
            or "torch.jit._pickle.build_intlist"
            or "torch.jit._pickle.build_doublelist"
            or "torch.jit._pickle.build_boollist";

    private static IReadOnlyList<PickleNode> AsPlainSequence(PickleNode node) => (node as PickleSequence)?.Items ?? [];

    /// <summary>Python 2 and early PyTorch pickle an OrderedDict as a list of pairs.</summary>
    private static PickleMapping AsPairs(PickleNode node)
    {
        var entries = new PickleMapping();
        foreach (var item in AsPlainSequence(node))
        {
            if (item is PickleSequence { Count: 2 } pair)
            {
                entries.Add(pair[0], pair[1]);
            }
        }

        return entries;
    }
}
