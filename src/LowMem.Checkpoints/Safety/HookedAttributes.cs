using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>
/// Attributes that something calls or believes when it finds them on an object. BUILD sets any attribute, and the next BUILD
/// calls <c>__setstate__</c> of the object itself: so a pickle calls whatever it names, although no opcode of a call stands
/// there. <c>__array_interface__</c> tells NumPy where in memory an array is.
/// </summary>
internal static class HookedAttributes
{
    private static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        "__array__", "__array_finalize__", "__array_interface__", "__array_struct__", "__call__", "__class__", "__copy__",
        "__cuda_array_interface__", "__deepcopy__", "__dlpack__", "__getattr__", "__getattribute__", "__getinitargs__",
        "__getnewargs__", "__getnewargs_ex__", "__getstate__", "__reduce__", "__reduce_ex__", "__setstate__",
        "__torch_dispatch__", "__torch_function__",

        // Optimizer.__setstate__ calls these of the object itself, and what the last one gives becomes the method 'step' of
        // the class.
        "_hook_for_profile", "_patch_step_function", "profile_hook_step",
    };

    /// <summary>
    /// Methods that the <c>__setstate__</c> of known classes call on what the state holds, as <c>defaults.setdefault(...)</c>.
    /// A function under such a name is called in their place.
    /// </summary>
    private static readonly HashSet<string> Methods = new(StringComparer.Ordinal)
    {
        "append", "copy", "extend", "format", "get", "get_params", "items", "keys", "pop", "replace", "setdefault", "update", "values",
    };

    /// <summary>What is set on what: <c>types.SimpleNamespace.__setstate__</c>.</summary>
    public static IEnumerable<string> Of(PickleResult pickle)
    {
        // One dict may be the state of many objects.
        var seen = new HashSet<PickleNode>(ReferenceEqualityComparer.Instance);
        var seenStates = new HashSet<PickleNode>(ReferenceEqualityComparer.Instance);
        foreach (var call in pickle.Calls)
        {
            if (call is PackedTensorCall || (call.IsUnchanged && call.ArgumentCount == 0))
            {
                continue;
            }

            // The first state may have brought the __setstate__ that gets the second.
            foreach (string key in call.IsBuiltAgain ? KeysOf(call, seen, seenStates).Append("__setstate__") : KeysOf(call, seen, seenStates))
            {
                yield return $"{call.CallableName ?? PickleGlobal.Computed}.{key}";
            }
        }
    }

    private static IEnumerable<string> KeysOf(PickleObject call, HashSet<PickleNode> seen, HashSet<PickleNode> seenStates)
    {
        // The state of slots is the second of two.
        IEnumerable<PickleNode> states = call.State is PickleSequence { Kind: PickleSequenceKind.Tuple, Count: 2 } pair
            ? pair.Items
            : call.State is null ? [] : [call.State];

        // One tuple may be the arguments of many calls.
        var arguments = seen.Add(call.Arguments) ? call.ArgumentList : [];
        var direct = arguments.Concat(states).Append(call.Keywords).OfType<PickleMapping>();
        return direct.Append(call.Mapping)
            .OfType<PickleMapping>()
            .Where(seen.Add)
            .SelectMany(mapping => mapping.Parts)
            .Select(part => (part.Key as PickleScalar)?.Value as string)
            .OfType<string>()
            .Where(Names.Contains)
            .Concat(MethodsOf(states, seenStates));
    }

    /// <summary>Functions that a state puts in the place of methods of data.</summary>
    private static IEnumerable<string> MethodsOf(IEnumerable<PickleNode> states, HashSet<PickleNode> seen)
    {
        var mappings = states.Select(state => state as PickleMapping ?? (state as PickleObject)?.Mapping).OfType<PickleMapping>();
        foreach (var (key, value) in mappings.Where(seen.Add).SelectMany(mapping => mapping.Parts))
        {
            if (value is PickleGlobal && key is PickleScalar { Value: string name } && Methods.Contains(name))
            {
                yield return name;
            }
        }
    }
}
