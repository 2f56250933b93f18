using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety.WeightsOnly;

/// <summary>What kinds the memo holds. Picklers number without gaps, so that a list does; any other number costs an entry.</summary>
internal sealed class KindMemo
{
    private readonly PieceList<NodeKind> inOrder = [];
    private readonly Dictionary<long, NodeKind> others = [];

    public NodeKind? Find(long index) => index < inOrder.Count
        ? inOrder[(int)index]
        : others.TryGetValue(index, out var kind) ? kind : null;

    public void Set(long index, NodeKind kind)
    {
        if (index < inOrder.Count)
        {
            inOrder[(int)index] = kind;
        }
        else if (index == inOrder.Count && !others.ContainsKey(index))
        {
            inOrder.Add(kind);
        }
        else
        {
            others[index] = kind;
        }
    }
}
