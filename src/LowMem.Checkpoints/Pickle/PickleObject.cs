namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Something Python would make by a call (REDUCE, NEWOBJ, INST, OBJ): the callable and its arguments, and whatever
/// was set on it afterwards. The call is never made.
/// </summary>
internal abstract class PickleObject : PickleNode
{
    private Changes? changes;

    /// <summary>What would be called; most often a <see cref="PickleGlobal"/>.</summary>
    public abstract PickleNode Callable { get; }

    /// <summary>The arguments; a tuple in every pickle that Python writes.</summary>
    public abstract PickleNode Arguments { get; }

    /// <summary>How many arguments there are when they are a tuple, else 0.</summary>
    public abstract int ArgumentCount { get; }

    /// <summary>The state of the last BUILD, or null.</summary>
    public PickleNode? State
    {
        get => changes?.State;
        set => Change().State = value;
    }

    /// <summary>The keyword arguments of NEWOBJ_EX, or null.</summary>
    public PickleNode? Keywords
    {
        get => changes?.Keywords;
        set => Change().Keywords = value;
    }

    /// <summary>Whether BUILD gave it a state more than once; no pickler writes that.</summary>
    public bool IsBuiltAgain => changes is { BuildCount: > 1 };

    /// <summary>What APPEND(S) and ADDITEMS put on it.</summary>
    public IReadOnlyList<PickleNode> Items => changes?.Items ?? (IReadOnlyList<PickleNode>)[];

    /// <summary>What SETITEM(S) put on it.</summary>
    public IReadOnlyList<PickleEntry> Entries => Mapping?.Entries ?? [];

    /// <summary>The same as a dict; null when there is nothing.</summary>
    public PickleMapping? Mapping => changes?.Mapping;

    /// <summary>The opcode that makes it: REDUCE unless said.</summary>
    public virtual PickleOpcode Opcode => PickleOpcode.Reduce;

    /// <summary>Whether nothing was set on it since the call.</summary>
    public bool IsUnchanged => changes is null;

    /// <summary>Whether names, numbers and texts are all there is to it, so that nobody has to look into it.</summary>
    public virtual bool IsPlain => false;

    /// <summary>The full name of the callable when it is a global, else null.</summary>
    public string? CallableName => (Callable as PickleGlobal)?.FullName;

    /// <summary>The arguments when they are a tuple, else an empty one.</summary>
    public IReadOnlyList<PickleNode> ArgumentList => (Arguments as PickleSequence)?.Items ?? [];

    /// <summary>Gives it a state, as BUILD does.</summary>
    public void Build(PickleNode state)
    {
        State = state;
        Change().BuildCount++;
    }

    public void AddItems(ReadOnlySpan<PickleNode> added) => (Change().Items ??= []).AddRange(added);

    public void AddEntry(PickleNode key, PickleNode value) => (Change().Mapping ??= new PickleMapping()).Add(key, value);

    private Changes Change() => changes ??= new Changes();

    /// <summary>What most objects have none of.</summary>
    private sealed class Changes
    {
        public PickleNode? State { get; set; }

        public PickleNode? Keywords { get; set; }

        public long BuildCount { get; set; }

        public List<PickleNode>? Items { get; set; }

        public PickleMapping? Mapping { get; set; }
    }
}
