namespace LowMem.Checkpoints.Safety.WeightsOnly;

/// <summary>A stack of kinds with marks; what is below the last mark cannot be reached.</summary>
internal sealed class KindStack
{
    private readonly List<int> marks = [];
    private NodeKind[] kinds = new NodeKind[16];
    private int count;
    private int floor;

    public bool HasMark => marks.Count > 0;

    public NodeKind Top => kinds[count - 1];

    public int CountFromMark => count - floor;

    public bool Has(int wanted) => count - floor >= wanted;

    public void Push(NodeKind kind)
    {
        if (count == kinds.Length)
        {
            Array.Resize(ref kinds, checked(2 * count));
        }

        kinds[count++] = kind;
    }

    public void Mark()
    {
        marks.Add(count);
        floor = count;
    }

    /// <summary>Takes the last ones away and gives the first of these.</summary>
    public NodeKind Take(int taken) => kinds[count -= taken];

    /// <summary>Takes what is above the last mark away, and gives the first of it; an empty tuple may be a persistent id.</summary>
    public NodeKind TakeFromMark()
    {
        var first = count > floor ? kinds[floor] : NodeKind.StorageTag;
        count = floor;
        marks.RemoveAt(marks.Count - 1);
        floor = marks.Count > 0 ? marks[^1] : 0;
        return first;
    }
}
