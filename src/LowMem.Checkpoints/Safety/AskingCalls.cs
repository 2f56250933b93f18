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

    private readonly HashSet<PickleNode> seen = new(ReferenceEqualityComparer.Instance);

    /// <summary>Whether a call runs methods that were not reviewed.</summary>
    public bool Includes(PickleObject call)
    {
        string name = ModuleAliases.Resolve(call.CallableName!);
        return Functions.Contains(name) ? Reaches(call.Arguments)
            : Types.Contains(name) && call.ArgumentList.Any(IsOnlyMade);
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

            if (IsOnlyMade(node))
            {
                seen.Clear();
                return true;
            }

            var parts = node switch
            {
                PickleSequence sequence => sequence.Items,
                PickleMapping mapping => mapping.Parts.SelectMany(part => new[] { part.Key, part.Value }),
                PickleObject made and not PackedTensorCall => made.Items.Append(made.Arguments).Concat(made.State is { } state ? [state] : []),
                _ => [],
            };
            foreach (var part in parts)
            {
                queue.Push(part);
            }
        }

        return false;
    }

    private static bool IsOnlyMade(PickleNode node) =>
        node is PickleObject { CallableName: { } name } and not PackedTensorCall && GlobalClassifier.FindKnownUse(name) == KnownUse.Made;
}
