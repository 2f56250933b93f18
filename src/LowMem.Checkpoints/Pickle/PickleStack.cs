namespace LowMem.Checkpoints.Pickle;

/// <summary>The stack of the pickle machine with its marks.</summary>
internal sealed class PickleStack(PickleCursor cursor)
{
    private readonly List<int> marks = [];
    private PickleNode[] nodes = new PickleNode[16];

    /// <summary>Where the nodes begin that can be reached: those below the last mark cannot, as in CPython.</summary>
    private int floor;

    public int Count { get; private set; }

    public PickleNode Top
    {
        get
        {
            Require();
            return nodes[Count - 1];
        }
    }

    public void Push(PickleNode node)
    {
        if (Count == nodes.Length)
        {
            Array.Resize(ref nodes, checked(2 * Count));
        }

        nodes[Count++] = node;
    }

    /// <summary>Puts another node in the place of the one on top.</summary>
    public void ReplaceTop(PickleNode node)
    {
        Require();
        nodes[Count - 1] = node;
    }

    public PickleNode Pop()
    {
        Require();
        return nodes[--Count];
    }

    public void Mark()
    {
        marks.Add(Count);
        floor = Count;
    }

    /// <summary>POP takes a mark off when the mark is what is on top, as CPython does.</summary>
    public void PopNodeOrMark()
    {
        if (marks.Count > 0 && floor == Count)
        {
            DropToMark();
        }
        else
        {
            Pop();
        }
    }

    /// <summary>Takes off what lies above the last mark, and the mark. The span holds until something is pushed.</summary>
    public ReadOnlySpan<PickleNode> TakeFromMark()
    {
        int end = Count;
        DropToMark();
        return nodes.AsSpan(Count, end - Count);
    }

    public void DropToMark()
    {
        if (marks.Count == 0)
        {
            throw cursor.Invalid("an opcode needs a MARK and there is none on the stack");
        }

        Count = floor;
        marks.RemoveAt(marks.Count - 1);
        floor = marks.Count > 0 ? marks[^1] : 0;
    }

    private void Require()
    {
        if (Count <= floor)
        {
            throw cursor.Invalid("an opcode needs more than is on the stack");
        }
    }
}
