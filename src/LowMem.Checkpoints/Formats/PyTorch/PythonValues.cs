using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch;

/// <summary>Sees through the ways in which Python pickles its own containers.</summary>
internal static class PythonValues
{
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
    public static IReadOnlyList<KeyValuePair<PickleNode, PickleNode>>? AsMapping(PickleNode node) => AsDict(node)?.Entries;

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

    /// <summary>Attributes that were set on an object: its state when that is a dict, or a pair ending in one.</summary>
    public static PickleMapping? AsAttributes(PickleObject made) => made.State switch
    {
        PickleMapping mapping => mapping,
        PickleSequence { Kind: PickleSequenceKind.Tuple, Count: 2 } pair when pair[1] is PickleMapping slots => slots,
        _ => null,
    };

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
