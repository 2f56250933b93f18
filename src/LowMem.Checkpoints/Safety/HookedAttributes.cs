using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety.Known;

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
    /// Methods that known functions, the <c>__setstate__</c> of known classes, the opcodes and the garbage collector call on
    /// what they are given, as <c>defaults.setdefault(...)</c> and <c>data.detach()</c>. A function under such a name is
    /// called in their place.
    /// </summary>
    private static readonly HashSet<string> Methods = new(StringComparer.Ordinal)
    {
        "append", "copy", "extend", "format", "get", "get_params", "items", "keys", "pop", "replace", "setdefault", "update", "values",
        "_dealloc_warn", "_get_name", "add", "as_integer_ratio", "as_subclass", "close", "detach", "extra_repr", "index",
        "requires_grad_", "setstate", "to",
    };

    /// <summary>Parts of a state in which <c>__getattr__</c> of a known class looks for attributes: a module's, a configuration's.</summary>
    private static readonly HashSet<string> AttributeParts = new(StringComparer.Ordinal)
    {
        "_buffers", "_content", "_modules", "_parameters",
    };

    /// <summary>Known functions that give a state to what they make, as their fourth argument.</summary>
    private static readonly HashSet<string> StateSetters = new(StringComparer.Ordinal)
    {
        "torch._tensor._rebuild_from_type", "torch._tensor._rebuild_from_type_v2", "torch._utils._rebuild_parameter_with_state",
    };

    /// <summary>Types that make attributes of the dict that they are called with.</summary>
    private static readonly HashSet<string> AttributeBags = new(StringComparer.Ordinal) { "optparse.Values", "types.SimpleNamespace" };

    /// <summary>What is set on what: <c>types.SimpleNamespace.__setstate__</c>.</summary>
    public static IEnumerable<string> Of(PickleResult pickle)
    {
        // One dict may be the state of many objects.
        var seen = new HashSet<(PickleNode, bool)>();
        foreach (var call in pickle.Calls)
        {
            if (call.IsPlain || (call.IsUnchanged && call.ArgumentCount == 0))
            {
                continue;
            }

            // The first state may have brought the __setstate__ that gets the second.
            var keys = KeysOf(call, seen);
            bool callsState = call.IsBuiltAgain || IsStateOfWhatItWasGiven(call) || NumpyTypes.IsHostile(call);
            if (HasKeywordsOfLibrary(call))
            {
                yield return $"{call.CallableName}.__new__";
            }

            foreach (string key in callsState ? keys.Append("__setstate__") : keys)
            {
                yield return $"{call.CallableName ?? PickleGlobal.Computed}.{key}";
            }
        }
    }

    /// <summary>
    /// <c>max([x])</c> is x, which has its state already. No pickler writes a state behind the call of a function of Python's
    /// own.
    /// </summary>
    private static bool IsStateOfWhatItWasGiven(PickleObject call) =>
        call is { State: not null, CallableName: { } name }
        && (AskingCalls.IsFunction(name) || name.StartsWith("torch.jit._pickle.", StringComparison.Ordinal));

    /// <summary>
    /// <c>torch.Tensor.__new__</c> takes an address as its keyword <c>cdata</c>, <c>torch.UntypedStorage.__new__</c> one as
    /// <c>allocator</c>, and both go there. Nothing of PyTorch or NumPy is pickled with keywords.
    /// </summary>
    private static bool HasKeywordsOfLibrary(PickleObject call)
    {
        string? name = AskingCalls.HasKeywords(call) ? call.CallableName
            : call is { CallableName: "copyreg.__newobj_ex__", ArgumentList: [PickleGlobal made, _, not PickleMapping { Count: 0 }] } ? made.FullName
            : null;
        return name is not null
            && (name.StartsWith("torch.", StringComparison.Ordinal) || name.StartsWith("numpy.", StringComparison.Ordinal));
    }

    private static IEnumerable<string> KeysOf(PickleObject call, HashSet<(PickleNode, bool)> seen)
    {
        string name = call.CallableName is { } full ? ModuleAliases.Resolve(full) : string.Empty;

        // Many objects may share all that they are made of: then there is nothing new, and nothing is made for it.
        bool isSeen = (call.State is not { } state || seen.Contains((state, true)))
            && seen.Contains((call.Arguments, false))
            && call is { Keywords: null, Mapping: null }
            && !AttributeBags.Contains(name)
            && !StateSetters.Contains(name);
        return isSeen ? [] : KeysOf(call, name, seen);
    }

    private static IEnumerable<string> KeysOf(PickleObject call, string name, HashSet<(PickleNode, bool)> seen)
    {
        bool isKnown = name.Length > 0 && GlobalClassifier.FindKnownUse(name) != KnownUse.None;

        foreach (var state in StatesOf(call, name).Where(state => seen.Add((state, true))))
        {
            if (isKnown && state is PickleObject made && !IsPlainDict(made))
            {
                yield return PickleGlobal.Computed;
            }

            foreach (var (key, value) in AttributePairs.Of(state))
            {
                if (IsHooked(key, value) || (key is not null ? Methods.Contains(key) && IsCallable(value) : isKnown))
                {
                    yield return key ?? PickleGlobal.Computed;
                }

                if (key is not null && AttributeParts.Contains(key) && seen.Add((value, false)))
                {
                    foreach (string part in PartsOf(value, isKnown))
                    {
                        yield return part;
                    }
                }
            }
        }

        // One tuple may be the arguments of many calls.
        var arguments = seen.Add((call.Arguments, false)) ? call.ArgumentList : [];
        foreach (var node in arguments.Append(call.Keywords).OfType<PickleMapping>().Append(call.Mapping).OfType<PickleMapping>())
        {
            if (seen.Add((node, false)))
            {
                foreach (var (key, _) in AttributePairs.Of(node))
                {
                    if (key is not null && Names.Contains(key))
                    {
                        yield return key;
                    }
                }
            }
        }
    }

    /// <summary>What becomes attributes of the object that a call makes.</summary>
    private static IEnumerable<PickleNode> StatesOf(PickleObject call, string name)
    {
        int from = AttributeBags.Contains(name) ? 0 : StateSetters.Contains(name) ? 3 : int.MaxValue;
        var states = from < call.ArgumentCount ? call.ArgumentList.Skip(from) : [];
        foreach (var state in call.State is { } last ? states.Append(last) : states)
        {
            // The state of slots is the second of two, that of bytes in memory has a dict as its third.
            if (state is PickleSequence { Kind: PickleSequenceKind.Tuple, Count: 2 or 3 } tuple)
            {
                foreach (var item in tuple.Items.Where(item => item is PickleMapping || (item is PickleObject made && AttributePairs.IsDict(made))))
                {
                    yield return item;
                }
            }
            else
            {
                yield return state;
            }
        }

        if (call.Mapping is { } items && name.EndsWith(".AttributeDict", StringComparison.Ordinal))
        {
            yield return items;
        }
    }

    /// <summary>Names in the dict of a module's parts. Its layers may be called as methods of a dict are.</summary>
    private static IEnumerable<string> PartsOf(PickleNode parts, bool isKnown)
    {
        foreach (var (key, value) in AttributePairs.Of(parts))
        {
            if (IsHooked(key, value) || (key is not null ? Methods.Contains(key) && value is PickleGlobal : isKnown))
            {
                yield return key ?? PickleGlobal.Computed;
            }
        }
    }

    /// <summary>Whether a name is one that Python or a library looks for by itself.</summary>
    private static bool IsHooked(string? name, PickleNode value) =>
        name is not null
        && (Names.Contains(name)
            || (name is not ("__orig_class__" or "__wrapped__")
                && name.StartsWith("__", StringComparison.Ordinal)
                && name.EndsWith("__", StringComparison.Ordinal)
                && IsCallable(value)));

    /// <summary>A global, or a layer that was made: calling that one calls its hooks.</summary>
    private static bool IsCallable(PickleNode value) =>
        value is PickleGlobal || (value is PickleObject { IsPlain: false, CallableName: { } name }
            && name.StartsWith("torch.nn.modules.", StringComparison.Ordinal));

    /// <summary>A dict of one of Python's own types, or one whose items are attributes.</summary>
    private static bool IsPlainDict(PickleObject made) =>
        AttributePairs.IsDict(made)
        || (made.CallableName is { } name && name.EndsWith(".AttributeDict", StringComparison.Ordinal));
}
