using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>The names and values that an object gets as attributes, whatever the pickle makes the dict of them from.</summary>
internal static class AttributePairs
{
    /// <summary>Types that are a dict, or make one of what they are called with.</summary>
    private static readonly HashSet<string> Dicts = new(StringComparer.Ordinal)
    {
        "builtins.dict", "collections.Counter", "collections.OrderedDict", "collections.defaultdict",
    };

    /// <summary>The pairs of a dict; a key is null where nobody can tell it before the pickle runs.</summary>
    /// <param name="node">A dict, something that makes one, or anything else, which has no pairs.</param>
    public static IEnumerable<KeyValuePair<string?, PickleNode>> Of(PickleNode? node) => node switch
    {
        PickleMapping mapping => OfMapping(mapping),
        PickleObject { IsPlain: false } made => OfMapping(made.Mapping).Concat(IsDict(made) ? made.ArgumentList.SelectMany(OfArgument) : []),
        _ => [],
    };

    /// <summary>Whether the object is a dict by one of Python's own types.</summary>
    public static bool IsDict(PickleObject made) => made.CallableName is { } name && Dicts.Contains(ModuleAliases.Resolve(name));

    private static IEnumerable<KeyValuePair<string?, PickleNode>> OfMapping(PickleMapping? mapping)
    {
        foreach (var (key, value) in mapping?.Entries ?? [])
        {
            yield return Pair(key, value);
        }
    }

    /// <summary>A dict, or pairs in a list, as Python 2 wrote an OrderedDict. What else is an argument gives names that nobody can tell.</summary>
    private static IEnumerable<KeyValuePair<string?, PickleNode>> OfArgument(PickleNode argument) => argument switch
    {
        PickleMapping mapping => OfMapping(mapping),
        PickleSequence sequence => sequence.Items.Select(item => item is PickleSequence { Count: 2 } pair
            ? Pair(pair.Items[0], pair.Items[1])
            : new KeyValuePair<string?, PickleNode>(null, item)),
        PickleObject => [new(null, argument)],
        _ => [],
    };

    private static KeyValuePair<string?, PickleNode> Pair(PickleNode key, PickleNode value) =>
        new(key is PickleScalar scalar ? scalar.Value as string ?? string.Empty : null, value);
}
