namespace LowMem.Checkpoints.Pickle;

/// <summary>A list, tuple, set or frozen set.</summary>
internal sealed class PickleSequence : PickleNode
{
    public static readonly PickleSequence EmptyTuple = new(PickleSequenceKind.Tuple, null);

    private List<PickleNode>? items;

    public PickleSequence(PickleSequenceKind kind, List<PickleNode>? items)
    {
        Kind = kind;
        this.items = items;
    }

    public PickleSequenceKind Kind { get; }

    public IReadOnlyList<PickleNode> Items => items ?? (IReadOnlyList<PickleNode>)[];

    public int Count => items?.Count ?? 0;

    public PickleNode this[int index] => Items[index];

    public void Add(ReadOnlySpan<PickleNode> added) => (items ??= []).AddRange(added);
}
