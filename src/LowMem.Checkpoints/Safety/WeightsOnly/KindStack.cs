namespace LowMem.Checkpoints.Safety.WeightsOnly;

/// <summary>A stack of kinds with marks; what is below the last mark cannot be reached.</summary>
internal sealed class KindStack
{
    private readonly List<NodeKind> kinds = [];
    private readonly List<int> marks = [];

    public bool HasMark => marks.Count > 0;

    public NodeKind Top => kinds[^1];

    public int CountFromMark => kinds.Count - Floor;

    private int Floor => marks.Count > 0 ? marks[^1] : 0;

    public bool Has(int count) => kinds.Count - Floor >= count;

    public void Push(NodeKind kind) => kinds.Add(kind);

    public void Mark() => marks.Add(kinds.Count);

    /// <summary>Takes the last ones away and gives the first of these.</summary>
    public NodeKind Take(int count)
    {
        var first = kinds[^count];
        kinds.RemoveRange(kinds.Count - count, count);
        return first;
    }

    /// <summary>Takes what is above the last mark away, and gives the first of it; an empty tuple may be a persistent id.</summary>
    public NodeKind TakeFromMark()
    {
        int floor = Floor;
        var first = kinds.Count > floor ? kinds[floor] : NodeKind.StorageTag;
        kinds.RemoveRange(floor, kinds.Count - floor);
        marks.RemoveAt(marks.Count - 1);
        return first;
    }
}
