using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety.Known;

namespace LowMem.Checkpoints.Safety;

/// <summary>What a pickle does with each global that it names: names it, makes an object of it, or calls it.</summary>
internal sealed class GlobalDemands
{
    /// <summary>Known functions that call what they are given, and how many of their arguments may be called.</summary>
    private static readonly Dictionary<string, int> Callers = new(StringComparer.Ordinal)
    {
        ["copyreg.__newobj__"] = int.MaxValue,
        ["copyreg.__newobj_ex__"] = int.MaxValue,
        ["copyreg._reconstructor"] = int.MaxValue,
        ["numpy.random._pickle.__bit_generator_ctor"] = int.MaxValue,
        ["numpy.random._pickle.__generator_ctor"] = int.MaxValue,
        ["numpy.random._pickle.__randomstate_ctor"] = int.MaxValue,

        // The fourth argument is a state, which becomes attributes.
        ["torch._tensor._rebuild_from_type"] = 3,
        ["torch._tensor._rebuild_from_type_v2"] = 3,
    };

    private readonly Dictionary<PickleGlobal, (KnownUse Use, string? Opcode)> demands = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<PickleNode> seen = new(ReferenceEqualityComparer.Instance);

    private readonly HashSet<(string Function, PickleNode Arguments)> expanded = [];
    private readonly AskingCalls asking = new();

    /// <summary>Whether something is called that the pickle itself makes, so that its name is not the last word.</summary>
    public bool CallsComputed { get; private set; }

    public static GlobalDemands Of(PickleResult pickle)
    {
        var demands = new GlobalDemands();
        PickleObject? last = null;
        foreach (var call in pickle.Calls)
        {
            // Tensors come by the hundred thousand, and all name the same function.
            if (last is null || call.Callable != last.Callable || call.Opcode != last.Opcode || !call.IsPlain)
            {
                demands.Add(call);
            }

            last = call;
        }

        return demands;
    }

    public (KnownUse Use, string? Opcode) Find(PickleGlobal global) =>
        demands.TryGetValue(global, out var demand) ? demand : (KnownUse.Named, null);

    private void Add(PickleObject call)
    {
        if (call.Callable is not PickleGlobal global)
        {
            CallsComputed |= call.Callable is not PickleObject { CallableName: MemberLookups.GetAttribute };
            return;
        }

        var use = UseOf(call);
        Demand(global, !call.IsPlain && asking.Includes(call) ? KnownUse.Asking : use, NameOf(call.Opcode));
        if (Callers.TryGetValue(global.FullName, out int most) && expanded.Add((global.FullName, call.Arguments)))
        {
            AddCallees(call, most);
        }
    }

    /// <summary>NEWOBJ makes an object without its constructor, and so do INST and OBJ where there are no arguments.</summary>
    private static KnownUse UseOf(PickleObject call) => call.Opcode switch
    {
        PickleOpcode.NewObj or PickleOpcode.NewObjEx => KnownUse.Made,
        PickleOpcode.Inst or PickleOpcode.Obj when call.ArgumentCount == 0 => KnownUse.Made,
        _ => KnownUse.Called,
    };

    private static string NameOf(PickleOpcode opcode) => opcode switch
    {
        PickleOpcode.NewObj => "NEWOBJ",
        PickleOpcode.NewObjEx => "NEWOBJ_EX",
        PickleOpcode.Inst => "INST",
        PickleOpcode.Obj => "OBJ",
        _ => "REDUCE",
    };

    private void Demand(PickleGlobal global, KnownUse use, string opcode)
    {
        if (Find(global) is var (before, _) && (use > before || !demands.ContainsKey(global)))
        {
            demands[global] = (use, opcode);
        }
    }

    /// <summary>The arguments of a function that calls them, and everything in these.</summary>
    private void AddCallees(PickleObject call, int most)
    {
        var queue = new Stack<PickleNode>();
        var arguments = call.ArgumentList;
        for (int i = 0; i < Math.Min(most, arguments.Count); i++)
        {
            if (i == 0 && arguments[0] is PickleGlobal made && MakesFirst(call.CallableName!, arguments))
            {
                Demand(made, CalledBy(made) == KnownUse.Asking ? KnownUse.Asking : KnownUse.Made, NameOf(call.Opcode));
            }
            else
            {
                queue.Push(arguments[i]);
            }
        }

        while (queue.TryPop(out var node))
        {
            if (node is PickleScalar or PickleObject { IsPlain: true } || !seen.Add(node))
            {
                continue;
            }

            switch (node)
            {
                case PickleGlobal global:
                    Demand(global, call.CallableName == "copyreg.__newobj_ex__" ? KnownUse.Asking : CalledBy(global), NameOf(call.Opcode));
                    break;
                case PickleSequence sequence:
                    Push(sequence.Items);
                    break;
                case PickleMapping mapping:
                    Push(mapping.Entries.Select(part => part.Value));
                    break;

                // Nothing that NumPy makes can be called. What else is made may call its arguments or attributes.
                case PickleObject { CallableName: { } name } when name.StartsWith("numpy.", StringComparison.Ordinal):
                    break;
                case PickleObject other:
                    queue.Push(other.Arguments);
                    Push(other.Items);
                    Push(other.Mapping is null ? [] : [other.Mapping]);
                    Push(other.State is null ? [] : [other.State]);
                    break;
            }
        }

        void Push(IEnumerable<PickleNode> nodes)
        {
            foreach (var node in nodes)
            {
                queue.Push(node);
            }
        }
    }

    /// <summary>A data type that something else makes gets a state that nobody looks at.</summary>
    private static KnownUse CalledBy(PickleGlobal global) =>
        ModuleAliases.Resolve(global.FullName) == NumpyTypes.TypeName ? KnownUse.Asking : KnownUse.Called;

    /// <summary>Whether the function makes an object of its first argument and does not call it.</summary>
    private static bool MakesFirst(string function, IReadOnlyList<PickleNode> arguments) => function switch
    {
        "copyreg.__newobj__" => true,
        "copyreg.__newobj_ex__" => arguments is [_, _, PickleMapping { Count: 0 }],

        // Called without arguments, a generator takes its seed from the system.
        "numpy.random._pickle.__bit_generator_ctor" => arguments is [PickleGlobal { FullName: { } name }] && name.StartsWith("numpy.random.", StringComparison.Ordinal),
        "copyreg._reconstructor" => arguments is [_, PickleGlobal { FullName: "builtins.object" }, ..],
        _ => false,
    };
}
