using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>Tells lookups of enum members, which are harmless, from other uses of getattr.</summary>
internal static class MemberLookups
{
    public const string GetAttribute = "builtins.getattr";

    /// <summary>
    /// Python 3.11 pickles enum members as <c>getattr(Class, 'NAME')</c>. That is harmless as long as each is just that,
    /// and its result is data: nothing calls it, changes it, or is called with it.
    /// </summary>
    public static bool AreAll(PickleResult pickle)
    {
        if (!pickle.Globals.Any(global => global.FullName == GetAttribute) || pickle.Error is not null)
        {
            return false;
        }

        foreach (var call in pickle.Calls)
        {
            if (call.CallableName == GetAttribute ? !IsMemberOfClass(call) : call.Callable is not PickleGlobal)
            {
                return false;
            }
        }

        return !ReachesFromArguments(pickle.Calls);
    }

    private static bool IsMemberOfClass(PickleObject call) =>
        call is { State: null, Items.Count: 0, Entries.Count: 0 }
        && call.ArgumentList is [PickleGlobal, PickleScalar { Value: string member }]
        && !member.StartsWith('_')
        && !member.Contains('.', StringComparison.Ordinal);

    /// <summary>Whether any call gets getattr itself, or something that it returned, among its arguments.</summary>
    private static bool ReachesFromArguments(IReadOnlyList<PickleObject> calls)
    {
        var seen = new HashSet<PickleNode>(ReferenceEqualityComparer.Instance);
        var queue = new Stack<PickleNode>();
        foreach (var call in calls)
        {
            queue.Push(call.Arguments);
        }

        while (queue.TryPop(out var node))
        {
            if (node is PickleScalar || !seen.Add(node))
            {
                continue;
            }

            switch (node)
            {
                case PickleGlobal { FullName: GetAttribute } or PickleObject { CallableName: GetAttribute }:
                    return true;
                case PickleSequence sequence:
                    PushAll(sequence.Items);
                    break;
                case PickleMapping mapping:
                    PushEntries(mapping.Entries);
                    break;
                case PickleObject made:
                    PushAll(made.Items);
                    PushEntries(made.Entries);
                    if (made.State is { } state)
                    {
                        queue.Push(state);
                    }

                    if (made.Keywords is { } keywords)
                    {
                        queue.Push(keywords);
                    }

                    break;
            }
        }

        return false;

        void PushAll(IReadOnlyList<PickleNode> nodes)
        {
            foreach (var item in nodes)
            {
                queue.Push(item);
            }
        }

        void PushEntries(IReadOnlyList<PickleEntry> entries)
        {
            foreach (var (key, value) in entries)
            {
                queue.Push(key);
                queue.Push(value);
            }
        }
    }
}
