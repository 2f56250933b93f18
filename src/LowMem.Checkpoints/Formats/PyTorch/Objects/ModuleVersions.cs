using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>
/// Finds what <c>state_dict()</c> puts beside the tensors: the attribute <c>_metadata</c> of the OrderedDict, with the version
/// of each module's class. <c>load_state_dict</c> goes by it to tell what an old file cannot have.
/// </summary>
internal static class ModuleVersions
{
    /// <summary>State dicts lie at the top, or a few dicts below.</summary>
    private const int MaxDepth = 16;

    /// <summary>No name of a module or of a state dict is longer.</summary>
    private const int LongestName = 256;

    /// <summary>The versions from 2 on, by the full key of the module; without a version, or with 1, a module is as old as can be.</summary>
    /// <param name="root">The root of the pickle.</param>
    /// <param name="notes">All that is noted beside the state dicts.</param>
    public static IReadOnlyDictionary<string, long> Find(PickleNode root, out IReadOnlyList<StateDictNotes> notes)
    {
        var found = new List<StateDictNotes>();
        notes = found;
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        var seen = new HashSet<PickleNode>(ReferenceEqualityComparer.Instance);
        var open = new Stack<(string Prefix, int Depth, PickleNode Node)>();
        open.Push((string.Empty, 0, root));
        while (open.TryPop(out var top))
        {
            if (AsDict(top.Node) is not { } dict || !seen.Add(top.Node))
            {
                continue;
            }

            // What many dicts share is looked at once: no file can make this cost more than its own size.
            if (top.Node is PickleObject made)
            {
                var metadata = PythonValues.AsAttributes(made.State)?.Attributes?.Find("_metadata");
                bool isNoted = metadata is not null && seen.Add(metadata);
                found.Add(new StateDictNotes(top.Prefix, isNoted ? AddVersions(versions, top.Prefix, metadata!) : null));
            }

            foreach (var (key, value) in top.Depth < MaxDepth ? dict.Entries : [])
            {
                if (key is PickleScalar { Value: string { Length: <= LongestName } name } && AsDict(value) is not null)
                {
                    open.Push(($"{top.Prefix}{name}.", top.Depth + 1, value));
                }
            }
        }

        return versions;
    }

    private static List<KeyValuePair<string, long?>> AddVersions(Dictionary<string, long> versions, string prefix, PickleNode metadata)
    {
        var modules = new List<KeyValuePair<string, long?>>();
        foreach (var (key, value) in AsDict(metadata)?.Entries ?? [])
        {
            if (key is not PickleScalar { Value: string { Length: <= LongestName * MaxDepth } module })
            {
                continue;
            }

            long? version = AsDict(value)?.Find("version") is PickleScalar { Value: long number } ? number : null;
            modules.Add(new KeyValuePair<string, long?>(module, version));
            if (version >= 2)
            {
                versions[module.Length == 0 ? prefix.TrimEnd('.') : prefix + module] = version.Value;
            }
        }

        return modules;
    }

    /// <summary>A dict as <c>state_dict()</c> makes it; the pairs of Python 2, which would have to be copied, are none.</summary>
    private static PickleMapping? AsDict(PickleNode node) => node switch
    {
        PickleMapping mapping => mapping,
        PickleObject { CallableName: "collections.OrderedDict", ArgumentCount: 0 } made => made.Mapping ?? new PickleMapping(),
        _ => null,
    };
}
