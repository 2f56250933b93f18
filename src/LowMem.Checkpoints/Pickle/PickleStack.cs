using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Pickle;

/// <summary>The stack of the pickle machine with its marks.</summary>
internal sealed class PickleStack(PickleCursor cursor)
{
    private readonly List<PickleNode> nodes = [];
    private readonly List<int> marks = [];

    public int Count => nodes.Count;

    public PickleNode Top
    {
        get
        {
            Require(1);
            return nodes[^1];
        }
    }

    public void Push(PickleNode node) => nodes.Add(node);

    public PickleNode Pop()
    {
        Require(1);
        var node = nodes[^1];
        nodes.RemoveAt(nodes.Count - 1);
        return node;
    }

    public void Mark() => marks.Add(nodes.Count);

    /// <summary>POP takes a mark off when the mark is what is on top, as CPython does.</summary>
    public void PopNodeOrMark()
    {
        if (marks.Count > 0 && marks[^1] == nodes.Count)
        {
            marks.RemoveAt(marks.Count - 1);
        }
        else
        {
            Pop();
        }
    }

    /// <summary>What lies above the last mark. The span holds until the next change; follow with <see cref="DropToMark"/>.</summary>
    public ReadOnlySpan<PickleNode> AboveMark() => CollectionsMarshal.AsSpan(nodes)[LastMark()..];

    public void DropToMark()
    {
        int mark = LastMark();
        marks.RemoveAt(marks.Count - 1);
        nodes.RemoveRange(mark, nodes.Count - mark);
    }

    private int LastMark() => marks.Count > 0
        ? marks[^1]
        : throw cursor.Invalid("an opcode needs a MARK and there is none on the stack");

    /// <summary>Nodes below the last mark are out of reach of single-node opcodes, as in CPython.</summary>
    private void Require(int count)
    {
        int floor = marks.Count > 0 ? marks[^1] : 0;
        if (nodes.Count - floor < count)
        {
            throw cursor.Invalid("an opcode needs more than is on the stack");
        }
    }
}
