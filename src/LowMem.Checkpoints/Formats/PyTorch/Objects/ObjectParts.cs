using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>
/// What an object of a class that is not known is made of: the arguments that it was made with, what was put on it as on a
/// list or a dict, and its state, in whatever form its <c>__getstate__</c> gave it. Each part has a name of its own.
/// </summary>
internal static class ObjectParts
{
    /// <summary>So many parts are looked at before something is taken for what holds tensors.</summary>
    private const int MostLookedAt = 256;

    /// <summary>A custom class of C++ in Python; its state is (state, name of the class).</summary>
    private const string ScriptObject = "torch.ScriptObject";

    /// <summary>The parts in the order of the pickle; null when there are none that could hold anything.</summary>
    /// <param name="made">The object.</param>
    /// <param name="charge">Pays for the parts, which many objects may share.</param>
    public static IEnumerable<(string Name, PickleNode Node)>? Of(PickleObject made, Action<long> charge)
    {
        var groups = new List<Group>();
        if (made.ArgumentList.Any(HoldsMore))
        {
            groups.Add(new Group("args", 6, made.ArgumentCount, Indexed(made.ArgumentList)));
        }

        if (made.Keywords is { } node && PythonValues.AsDict(node) is { Count: > 0 } keywords && MayHoldTensors(keywords))
        {
            groups.Add(new Group("kwargs", 5, keywords.Count, DictKeys.Of(keywords)));
        }

        if (made.Items.Count > 0)
        {
            groups.Add(new Group("items", 3, made.Items.Count, Indexed(made.Items)));
        }

        if (made.Mapping is { Count: > 0 } entries)
        {
            groups.Add(new Group("entries", 4, entries.Count, DictKeys.Of(entries)));
        }

        AddState(groups, made);
        charge(groups.Sum(group => group.Count));
        return groups.Count switch
        {
            0 => null,
            1 => groups[0].Parts,
            _ => Merge(groups),
        };
    }

    /// <summary>The class, as far as it is told.</summary>
    public static string TypeName(PickleObject made) => made switch
    {
        // This is how protocol 0 and 1 make an instance of a class.
        { CallableName: "copyreg._reconstructor" } when made.ArgumentList is [PickleGlobal type, ..] => type.FullName,
        { CallableName: ScriptObject, State: PickleSequence { Count: 2 } state } when state[1] is PickleScalar { Value: string name } =>
            DisplayText.Name(name),
        _ => PythonText.Describe(made.Callable),
    };

    /// <summary>Whether a tensor could be in there; false only when it is sure that there is none.</summary>
    public static bool MayHoldTensors(PickleNode root)
    {
        if (root is PickleScalar or PickleGlobal)
        {
            return false;
        }

        var left = new Stack<PickleNode>();
        left.Push(root);
        int looked = 0;
        while (left.TryPop(out var node))
        {
            IEnumerable<PickleNode> parts;
            if (PythonValues.AsDict(node) is { } dict)
            {
                parts = dict.Entries.SelectMany(entry => (PickleNode[])[entry.Key, entry.Value]);
            }
            else if (PythonValues.AsSequence(node) is { } items)
            {
                parts = items;
            }
            else
            {
                return true;
            }

            foreach (var part in parts)
            {
                if (++looked > MostLookedAt)
                {
                    return true;
                }

                if (part is not (PickleScalar or PickleGlobal))
                {
                    left.Push(part);
                }
            }
        }

        return false;
    }

    private static void AddState(List<Group> groups, PickleObject made)
    {
        var state = made.State;
        if (made.CallableName == ScriptObject && state is PickleSequence { Count: 2 } pair && pair[1] is PickleScalar { Value: string })
        {
            state = pair[0];
        }

        if (state is null)
        {
            return;
        }

        if (PythonValues.AsAttributes(state) is var (attributes, slots))
        {
            AddDict("state", 1, attributes);
            AddDict("slots", 2, slots);
        }
        else if (MayHoldTensors(state))
        {
            groups.Add(PythonValues.AsSequence(state) is { } items
                ? new Group("state", 1, items.Count, QuantizedModules.Names(made, items) ?? Indexed(items))
                : new Group("state", 1, 1, [("state", state)]));
        }

        void AddDict(string label, int rank, PickleMapping? dict)
        {
            if (dict is { Count: > 0 })
            {
                groups.Add(new Group(label, rank, dict.Count, DictKeys.Of(dict)));
            }
        }
    }

    /// <summary>
    /// Parts of two kinds may have one name, such as the first argument and the first item: then those of the kind that
    /// says less go by the name of the kind as well.
    /// </summary>
    private static List<(string Name, PickleNode Node)> Merge(List<Group> groups)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var named = new Dictionary<Group, List<(string Name, PickleNode Node)>>();
        foreach (var group in groups.OrderBy(group => group.Rank))
        {
            var parts = group.Parts.ToList();
            if (parts.Exists(part => taken.Contains(part.Name)))
            {
                string label = group.Label;
                while (!taken.Add(label))
                {
                    label += "_";
                }

                parts = parts.ConvertAll(part => ($"{label}.{part.Name}", part.Node));
            }

            taken.UnionWith(parts.Select(part => part.Name));
            named.Add(group, parts);
        }

        return [.. groups.SelectMany(group => named[group])];
    }

    /// <summary>Whether an argument can hold tensors, as the fields of a named tuple do.</summary>
    private static bool HoldsMore(PickleNode argument) => argument switch
    {
        PickleObject or PicklePersistentId or PickleMapping { Count: > 0 } => true,
        PickleSequence sequence => sequence.Count > 0,
        _ => false,
    };

    /// <summary>Items by their places.</summary>
    public static IEnumerable<(string Name, PickleNode Node)> Indexed(IReadOnlyList<PickleNode> items) =>
        items.Select((item, index) => (index.ToString(CultureInfo.InvariantCulture), item));

    /// <param name="Label">What tells its parts from those of another kind.</param>
    /// <param name="Rank">Of two kinds the one with the lower rank keeps the plain name.</param>
    /// <param name="Count">How many parts there are.</param>
    /// <param name="Parts">The parts.</param>
    private sealed record Group(string Label, int Rank, long Count, IEnumerable<(string Name, PickleNode Node)> Parts);
}
