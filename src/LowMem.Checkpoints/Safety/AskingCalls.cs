using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety.Known;

namespace LowMem.Checkpoints.Safety;

/// <summary>
/// Known functions that ask their arguments for items, length, text or order, and so run methods of these. Of plain data that
/// is nothing; an object that is known only for being made has methods that were not reviewed: a list of a configuration
/// works its interpolations out.
/// </summary>
internal sealed class AskingCalls
{
    /// <summary>They ask whatever they find, however deep.</summary>
    private static readonly HashSet<string> Functions = new(StringComparer.Ordinal)
    {
        "builtins.abs", "builtins.all", "builtins.any", "builtins.ascii", "builtins.bin", "builtins.divmod", "builtins.enumerate",
        "builtins.format", "builtins.hash", "builtins.hex", "builtins.len", "builtins.max", "builtins.min", "builtins.oct",
        "builtins.repr", "builtins.reversed", "builtins.round", "builtins.sorted", "builtins.sum", "builtins.zip",
        "builtins.frozenset", "builtins.set", "builtins.str",
    };

    /// <summary>They ask their arguments and keep what these hold.</summary>
    private static readonly HashSet<string> Types = new(StringComparer.Ordinal)
    {
        "builtins.bool", "builtins.bytearray", "builtins.bytes", "builtins.complex", "builtins.dict", "builtins.float",
        "builtins.int", "builtins.list", "builtins.tuple", "collections.ChainMap", "collections.Counter",
        "collections.OrderedDict", "collections.UserDict", "collections.UserList", "collections.UserString",
        "collections.defaultdict", "collections.deque", "decimal.Decimal", "fractions.Fraction", "uuid.UUID",
    };

    /// <summary>Attributes looked at in all; beyond that an object counts as one that carries something to call.</summary>
    private const int MostSteps = 4_000_000;

    private readonly HashSet<PickleNode> seen = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<PickleNode> plain = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> found = new(StringComparer.Ordinal);

    // Many calls may share one long tuple of arguments: it is gone through once.
    private readonly Dictionary<PickleNode, bool> made = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PickleNode, bool> carrying = new(ReferenceEqualityComparer.Instance);
    private int steps;

    /// <summary>Whether a name is a function of Python's own, which may give back what it was given.</summary>
    public static bool IsFunction(string name) =>
        Functions.Contains(ModuleAliases.Resolve(name)) && name is not ("builtins.frozenset" or "builtins.set" or "builtins.str");

    /// <summary>No review covers keyword arguments, and nothing that is known is pickled with any.</summary>
    public static bool HasKeywords(PickleObject call) => call.Keywords is not (null or PickleMapping { Count: 0 });

    /// <summary>Whether a call runs methods that were not reviewed.</summary>
    public bool Includes(PickleObject call)
    {
        string name = ModuleAliases.Resolve(call.CallableName!);
        if (found.Contains(name))
        {
            return true;
        }

        bool includes = HasKeywords(call)
            || NumpyTypes.IsUnclear(call)
            || (Functions.Contains(name) ? Reaches(call.Arguments) : Types.Contains(name) && HasAny(call, IsOnlyMade, made))
            || HasAny(call, Carries, carrying);
        if (includes)
        {
            found.Add(name);
        }

        return includes;
    }

    private static bool HasAny(PickleObject call, Func<PickleNode, bool> condition, Dictionary<PickleNode, bool> known)
    {
        if (!known.TryGetValue(call.Arguments, out bool has))
        {
            known.Add(call.Arguments, has = call.ArgumentList.Any(condition));
        }

        return has;
    }

    private bool Reaches(PickleNode arguments)
    {
        var queue = new Stack<PickleNode>([arguments]);
        while (queue.TryPop(out var node))
        {
            // Whatever was seen before holds none.
            if (node is PickleScalar or PickleGlobal || !seen.Add(node))
            {
                continue;
            }

            if (IsOnlyMade(node) || Carries(node))
            {
                seen.Clear();
                return true;
            }

            PushParts(node, queue);
            if (node is PickleObject { IsPlain: false } made)
            {
                queue.Push(made.Arguments);
            }
        }

        return false;
    }

    private static bool IsOnlyMade(PickleNode node) =>
        node is PickleObject { IsPlain: false, CallableName: { } name } && GlobalClassifier.FindKnownUse(name) == KnownUse.Made;

    /// <summary>
    /// Whether an argument is an object with functions or classes among its attributes: a function that was reviewed for data
    /// may ask it for a method, and would get one of those.
    /// </summary>
    private bool Carries(PickleNode node)
    {
        if (node is not PickleObject { IsPlain: false, State: not null, CallableName: not null })
        {
            return false;
        }

        var carrier = (PickleObject)node;
        if (carrier.CallableName!.StartsWith("numpy.", StringComparison.Ordinal))
        {
            return false;
        }

        var queue = new Stack<PickleNode>([carrier.State!]);
        var walked = new List<PickleNode>();
        while (queue.TryPop(out var part))
        {
            if (part is PickleGlobal || ++steps > MostSteps)
            {
                plain.ExceptWith(walked);
                return true;
            }

            if (part is not PickleScalar && plain.Add(part))
            {
                walked.Add(part);
                PushParts(part, queue);
            }
        }

        return false;
    }

    /// <summary>What a container holds, and an object has: not the arguments of its call.</summary>
    private static void PushParts(PickleNode node, Stack<PickleNode> queue)
    {
        var parts = node switch
        {
            PickleSequence sequence => sequence.Items,
            PickleMapping mapping => OfMapping(mapping),
            PickleObject { IsPlain: false } made =>
                made.Items.Concat(OfMapping(made.Mapping)).Concat(made.State is { } state ? [state] : []),
            _ => [],
        };
        foreach (var part in parts)
        {
            queue.Push(part);
        }
    }

    private static IEnumerable<PickleNode> OfMapping(PickleMapping? mapping) =>
        mapping is null ? [] : mapping.Entries.SelectMany(part => new[] { part.Key, part.Value });
}
