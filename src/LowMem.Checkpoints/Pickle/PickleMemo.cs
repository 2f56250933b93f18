namespace LowMem.Checkpoints.Pickle;

/// <summary>The memo: nodes by index. Python numbers them from 0 up, so a list holds nearly all of them.</summary>
internal sealed class PickleMemo
{
    private readonly List<PickleNode> dense = [];
    private readonly Dictionary<long, PickleNode> sparse = [];

    public int Count => dense.Count + sparse.Count;

    public void Set(long index, PickleNode node)
    {
        if (index < dense.Count)
        {
            dense[(int)index] = node;
        }
        else if (index == dense.Count && !sparse.ContainsKey(index))
        {
            dense.Add(node);
        }
        else
        {
            sparse[index] = node;
        }
    }

    public PickleNode? Get(long index) =>
        index < dense.Count ? dense[(int)index] : sparse.GetValueOrDefault(index);
}
