namespace LowMem.Checkpoints.Pickle;

/// <summary>A list, tuple, set or frozen set.</summary>
/// <param name="kind">Which of them.</param>
/// <param name="items">Its first items; the array is the sequence's from now on.</param>
internal sealed class PickleSequence(PickleSequenceKind kind, params PickleNode[] items) : PickleNode
{
    public static readonly PickleSequence EmptyTuple = new(PickleSequenceKind.Tuple);

    // Most sequences are tuples of a few items, by the hundred thousand: no larger than they have to be.
    private PickleNode[] items = items;
    private int count = items.Length;

    public PickleSequenceKind Kind => kind;

    public IReadOnlyList<PickleNode> Items => count == items.Length ? items : new ArraySegment<PickleNode>(items, 0, count);

    public int Count => count;

    public PickleNode this[int index] => index < count ? items[index] : throw new ArgumentOutOfRangeException(nameof(index));

    public void Add(ReadOnlySpan<PickleNode> added)
    {
        int needed = checked(count + added.Length);
        if (needed > items.Length)
        {
            Array.Resize(ref items, (int)Math.Min(Array.MaxLength, Math.Max(needed, items.Length * 2L)));
        }

        added.CopyTo(items.AsSpan(count));
        count = needed;
    }
}

/// <summary>Which of Python's sequences a node was.</summary>
internal enum PickleSequenceKind
{
    List,
    Tuple,
    Set,
    FrozenSet,
}
