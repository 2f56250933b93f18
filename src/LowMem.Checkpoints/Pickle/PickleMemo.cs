namespace LowMem.Checkpoints.Pickle;

/// <summary>The memo: nodes by index. Python numbers them from 0 up.</summary>
/// <param name="uses">Which of them are ever asked for; null keeps all.</param>
internal sealed class PickleMemo(PickleMemoUses? uses)
{
    private readonly Dictionary<long, PickleNode> nodes = [];

    // Indexes from 0 up to this one have all been set, and are not counted one by one.
    private long dense;
    private readonly HashSet<long> sparse = [];

    /// <summary>How many indexes have been set.</summary>
    public long Count => dense + sparse.Count;

    public void Set(long index, PickleNode node)
    {
        if (index == dense && !sparse.Contains(index))
        {
            dense++;
        }
        else if (index >= dense)
        {
            sparse.Add(index);
        }

        if (uses?.Contains(index) != false)
        {
            nodes[index] = node;
            if (node is PickleObject made)
            {
                made.IsShared = true;
            }
        }
    }

    public PickleNode? Get(long index) => nodes.GetValueOrDefault(index);
}
