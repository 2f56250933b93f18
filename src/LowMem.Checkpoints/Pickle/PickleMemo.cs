namespace LowMem.Checkpoints.Pickle;

/// <summary>The memo: nodes by index. Python numbers them from 0 up.</summary>
internal sealed class PickleMemo
{
    /// <summary>Stands for a node that was not made, since hardly anybody asks for it.</summary>
    public static readonly PickleNode NotMade = new PickleSequence(PickleSequenceKind.Tuple);

    // Of the indexes from 0 up that have all been set: the nodes, and the numbers of texts, that were kept, in order.
    private readonly Kept<PickleNode> nodes = new();
    private readonly Kept<long> numbers = new();

    /// <summary>What was put where something was not kept.</summary>
    private readonly Dictionary<long, PickleNode> replaced = [];

    /// <summary>What was put further on than at the next index.</summary>
    private readonly Dictionary<long, PickleNode> sparse = [];
    private int dense;

    /// <summary>How many indexes have been set.</summary>
    public long Count => (long)dense + sparse.Count;

    /// <summary>Whether the indexes set so far are those from 0 up.</summary>
    public bool IsInOrder => sparse.Count == 0;

    /// <summary>Sets the next indexes to nodes that are not made.</summary>
    /// <param name="count">How many.</param>
    /// <param name="text">One of them that is a text, a number; more of them are asked for than of the others.</param>
    public void Pass(int count, (int Index, long Number)? text)
    {
        dense = checked(dense + count);
        if (text is { } known)
        {
            numbers.Add(known.Index, known.Number);
        }
    }

    public void Set(long index, PickleNode node)
    {
        if (index == dense && dense < int.MaxValue && !sparse.ContainsKey(index))
        {
            nodes.Add(dense++, node);
        }
        else if (index >= dense)
        {
            sparse[index] = node;
        }
        else if (nodes.Find((int)index) is >= 0 and int place)
        {
            nodes.Items[place] = node;
        }
        else
        {
            replaced[index] = node;
        }
    }

    /// <summary>The node at an index, which may be <see cref="NotMade"/>; null where nothing was set.</summary>
    public PickleNode? Get(long index)
    {
        if (index >= dense)
        {
            return sparse.GetValueOrDefault(index);
        }

        return nodes.Find((int)index) is >= 0 and int place ? nodes.Items[place] : replaced.GetValueOrDefault(index) ?? Make((int)index);
    }

    private PickleNode Make(int index) =>
        numbers.Find(index) is >= 0 and int place ? PickleScalar.OfDigits(numbers.Items[place]) : NotMade;

    /// <summary>What was kept of indexes that grow.</summary>
    private sealed class Kept<T>
    {
        private readonly PieceList<int> indexes = [];

        public PieceList<T> Items { get; } = [];

        public void Add(int index, T item)
        {
            indexes.Add(index);
            Items.Add(item);
        }

        /// <summary>The place of an index; negative when nothing was kept of it.</summary>
        public int Find(int index)
        {
            // No index is smaller than its place. Most of those that are asked for are the first, and all are kept of these.
            int high = Math.Min(index, indexes.Count - 1);
            int low = 0;
            int middle = high;
            while (low <= high)
            {
                int found = indexes[middle];
                if (found == index)
                {
                    return middle;
                }

                (low, high) = found < index ? (middle + 1, high) : (low, middle - 1);
                middle = low + ((high - low) / 2);
            }

            return -1;
        }
    }
}
