using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// The nodes of one pickle: makes them and changes them within a budget, and remembers the imports, the calls and the
/// payloads in which something may hide.
/// </summary>
internal sealed class PickleHeap(PickleCursor cursor, PickleSource source, IPersistentLoader? persistentLoader)
{
    /// <summary>About what a node with its first child takes on the heap, in bytes.</summary>
    public const int NodeCost = 80;

    /// <summary>What a slot of the stack, the memo or a container takes.</summary>
    public const int SlotCost = 16;

    private readonly Dictionary<(string Module, string Name, bool IsPython2), PickleGlobal> globalsByName = [];
    private readonly List<PickleGlobal> globals = [];
    private readonly List<PickleObject> calls = [];
    private readonly List<PickleScalar> payloads = [];
    private readonly Dictionary<PickleScalar, long> places = new(ReferenceEqualityComparer.Instance);
    private long memoryLeft = source.MemoryBudget;

    /// <summary>Whether names are those of Python 2, as they are until PROTO says otherwise.</summary>
    public bool NamesPython2 { get; set; } = true;

    /// <summary>Every global named so far, each once, in the order met.</summary>
    public IReadOnlyList<PickleGlobal> Globals => globals;

    /// <summary>Every call that Python would have made so far.</summary>
    public IReadOnlyList<PickleObject> Calls => calls;

    /// <summary>Text and bytes in which another pickle may hide.</summary>
    public IReadOnlyList<PickleScalar> Payloads => payloads;

    /// <summary>What putting something into the memo takes.</summary>
    public const int PutCost = 3 * SlotCost;

    /// <summary>What a tuple takes with its items, which are there.</summary>
    public static long TupleCost(int count) => NodeCost + ((long)count * SlotCost);

    /// <summary>Whether the budget has so much left.</summary>
    public bool CanCharge(long bytes) => bytes <= memoryLeft;

    /// <exception cref="CheckpointException">The budget is used up.</exception>
    public void Charge(long bytes)
    {
        memoryLeft -= bytes;
        if (memoryLeft < 0)
        {
            throw cursor.Invalid($"the pickle unfolds to more than {source.MemoryBudget} bytes, far more than its file");
        }
    }

    public PickleSequence NewSequence(PickleSequenceKind kind, ReadOnlySpan<PickleNode> items)
    {
        Charge((long)items.Length * SlotCost);
        return new PickleSequence(kind, items.ToArray());
    }

    public PickleCall NewCall(PickleNode callable, PickleNode arguments, PickleNode? keywords = null)
    {
        Charge(SlotCost);
        var call = new PickleCall(callable, arguments);
        if (keywords is not null)
        {
            call.Keywords = keywords;
        }

        calls.Add(call);
        return call;
    }

    /// <summary>Notes a call that was made some other way, and stands for all that are like it.</summary>
    public void AddCall(PickleObject call) => calls.Add(call);

    /// <summary>Notes a call before something is set on it: it is not like the others any more.</summary>
    private void BeginChange(PickleObject made)
    {
        if (made.IsPlain)
        {
            calls.Add(made);
        }
    }

    /// <summary>What stands for a call: itself, unless whoever reads the pickle knows better.</summary>
    public PickleNode StandInFor(PickleObject call) => persistentLoader?.Replace(call, places) ?? call;

    public PickleNode NewPersistentId(PickleNode id) => persistentLoader?.Load(id) ?? new PicklePersistentId(id);

    public PickleGlobal GetGlobal(string module, string name, long position = -1)
    {
        if (!globalsByName.TryGetValue((module, name, NamesPython2), out var global))
        {
            Charge(4L * (module.Length + name.Length) + NodeCost);
            global = new PickleGlobal(module, name, NamesPython2) { Position = position };
            globalsByName.Add((module, name, NamesPython2), global);
            globals.Add(global);
        }

        return global;
    }

    /// <summary>Charged before the text is made, so that a long one does not cost first and fail then.</summary>
    public PickleScalar ReadText(long length)
    {
        cursor.Require(length);
        Charge(2 * length);
        return Remember(PickleScalar.Of(PythonUtf8.Decode(cursor.Take(length))
            ?? throw cursor.Invalid("a text is not valid UTF-8")));
    }

    public PickleScalar ReadPython2String(long length)
    {
        cursor.Require(length);
        Charge(2 * length);
        return Remember(PickleLines.OfPython2(cursor.Take(length)));
    }

    public PickleScalar ReadBytes(long length)
    {
        cursor.Require(length);
        Charge(length);
        long place = cursor.Position;
        var bytes = PickleScalar.Of(cursor.Take(length).ToArray());
        if (persistentLoader is not null && bytes.Value is byte[] and [(byte)PickleOpcode.Proto, ..])
        {
            Charge(2 * SlotCost);
            places.Add(bytes, place);
        }

        return Remember(bytes);
    }

    /// <param name="target">What they are added to.</param>
    /// <param name="kind">List for APPEND(S), set for ADDITEMS: neither of the two has the method that the other one calls.</param>
    /// <param name="items">Of none at all Python makes nothing, whatever the target is.</param>
    public void AddItems(PickleNode target, PickleSequenceKind kind, ReadOnlySpan<PickleNode> items)
    {
        if (items.Length == 0)
        {
            return;
        }

        Charge((long)items.Length * SlotCost);
        switch (target)
        {
            case PickleSequence sequence when sequence.Kind == kind:
                sequence.Add(items);
                break;
            case PickleObject made:
                BeginChange(made);
                made.AddItems(items);
                break;
            case PickleGlobal global:
                global.IsWrittenTo = true;
                break;
            default:
                throw cursor.Invalid(kind == PickleSequenceKind.List
                    ? "items are appended to something that is no list"
                    : "items are added to something that is no set");
        }
    }

    /// <summary>
    /// Anything but a dict, an object or an import is refused: Python's unpickler would write into what it finds
    /// there, which is how CVE-2026-24747 was reached.
    /// </summary>
    public void SetEntries(PickleNode target, ReadOnlySpan<PickleNode> pairs)
    {
        if (pairs.Length % 2 != 0)
        {
            throw cursor.Invalid("a key has no value");
        }

        Charge((long)pairs.Length * SlotCost);
        for (int i = 0; i < pairs.Length; i += 2)
        {
            switch (target)
            {
                case PickleMapping mapping:
                    mapping.Add(pairs[i], pairs[i + 1]);
                    break;
                case PickleObject made:
                    BeginChange(made);
                    made.AddEntry(pairs[i], pairs[i + 1]);
                    break;
                case PickleGlobal global:
                    global.IsWrittenTo = true;
                    break;
                default:
                    throw cursor.Invalid("entries are set on something that is no dict");
            }
        }
    }

    public void SetState(PickleNode target, PickleNode state)
    {
        switch (target)
        {
            case PickleObject made:
                BeginChange(made);
                made.Build(state);
                break;
            case PickleGlobal global:
                global.IsWrittenTo = true;
                break;
            case var _ when IsNoState(state):
                // Nothing to do, so that Python does not look at what it is on.
                break;
            default:
                throw cursor.Invalid("BUILD needs an object to set the state of");
        }
    }

    private static bool IsNoState(PickleNode state) =>
        state is PickleScalar { Value: null }
        || (state is PickleSequence { Kind: PickleSequenceKind.Tuple, Count: 2 } pair
            && pair[0] is PickleScalar { Value: null }
            && pair[1] is PickleMapping { Count: 0 });

    /// <summary>Notes text or bytes in which another pickle may hide.</summary>
    public PickleScalar Remember(PickleScalar scalar)
    {
        if (PicklePayload.MayHoldPickle(scalar))
        {
            Charge(SlotCost);
            payloads.Add(scalar);
        }

        return scalar;
    }
}
