namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Something Python would make by a call (REDUCE, NEWOBJ, INST, OBJ): the callable and its arguments, and whatever
/// was set on it afterwards. The call is never made.
/// </summary>
internal sealed class PickleObject(PickleNode callable, PickleNode arguments) : PickleNode
{
    private List<PickleNode>? items;
    private PickleMapping? entries;

    /// <summary>What would be called; most often a <see cref="PickleGlobal"/>.</summary>
    public PickleNode Callable { get; } = callable;

    /// <summary>The arguments; a tuple in every pickle that Python writes.</summary>
    public PickleNode Arguments { get; } = arguments;

    /// <summary>The state of the last BUILD, or null.</summary>
    public PickleNode? State { get; set; }

    /// <summary>What APPEND(S) and ADDITEMS put on it.</summary>
    public IReadOnlyList<PickleNode> Items => items ?? (IReadOnlyList<PickleNode>)[];

    /// <summary>What SETITEM(S) put on it.</summary>
    public IReadOnlyList<KeyValuePair<PickleNode, PickleNode>> Entries =>
        entries?.Entries ?? (IReadOnlyList<KeyValuePair<PickleNode, PickleNode>>)[];

    /// <summary>The full name of the callable when it is a global, else null.</summary>
    public string? CallableName => (Callable as PickleGlobal)?.FullName;

    /// <summary>The arguments when they are a tuple, else an empty one.</summary>
    public IReadOnlyList<PickleNode> ArgumentList => (Arguments as PickleSequence)?.Items ?? [];

    public void AddItems(ReadOnlySpan<PickleNode> added) => (items ??= []).AddRange(added);

    public void AddEntry(PickleNode key, PickleNode value) => (entries ??= new PickleMapping()).Add(key, value);
}
