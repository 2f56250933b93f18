namespace LowMem.Checkpoints.Pickle;

/// <summary>The memo: nodes by index. Python numbers them from 0 up.</summary>
/// <param name="uses">Which of them are ever asked for; null keeps all.</param>
internal sealed class PickleMemo(PickleMemoUses? uses)
{
    private const int FirstCount = 256;

    /// <summary>Names, and texts that come again and again, have the lowest indexes and are fetched most often.</summary>
    private readonly PickleNode?[] first = new PickleNode?[FirstCount];
    private readonly Dictionary<long, PickleNode> nodes = [];

    // Indexes from 0 up to this one have all been set, and are not counted one by one.
    private long dense;
    private readonly HashSet<long> sparse = [];

    /// <summary>How many indexes have been set.</summary>
    public long Count => dense + sparse.Count;

    /// <summary>Whether the indexes set so far are those from 0 up, and it is known which of the next are asked for.</summary>
    public bool IsInOrder => uses is not null && sparse.Count == 0;

    /// <summary>Whether something asks for an index, as far as is known.</summary>
    public bool IsWanted(long index) => uses?.Contains(index) != false;

    /// <summary>Sets the next indexes, of which only some are ever asked for.</summary>
    /// <param name="count">How many.</param>
    /// <param name="wanted">Those that are, by index.</param>
    public void Pass(long count, IReadOnlyDictionary<long, PickleScalar> wanted)
    {
        dense += count;
        foreach (var (index, node) in wanted)
        {
            Keep(index, node);
        }
    }

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

        if (IsWanted(index))
        {
            Keep(index, node);
            if (node is PickleObject made)
            {
                made.IsShared = true;
            }
        }
    }

    public PickleNode? Get(long index) => index is >= 0 and < FirstCount ? first[index] : nodes.GetValueOrDefault(index);

    private void Keep(long index, PickleNode node)
    {
        if (index is >= 0 and < FirstCount)
        {
            first[index] = node;
        }
        else
        {
            nodes[index] = node;
        }
    }
}
