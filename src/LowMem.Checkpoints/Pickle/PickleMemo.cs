namespace LowMem.Checkpoints.Pickle;

/// <summary>The memo: nodes by index. Python numbers them from 0 up.</summary>
internal sealed class PickleMemo
{
    private const int ChunkLength = 4096;

    /// <summary>Stands for a node that was not made, since hardly anybody asks for it.</summary>
    public static readonly PickleNode NotMade = new PickleSequence(PickleSequenceKind.Tuple);

    // The indexes from 0 up that have all been set, in pieces: no table has to be copied to grow. Null was not made.
    private readonly List<PickleNode?[]> chunks = [];
    private readonly Dictionary<long, PickleNode> sparse = [];
    private readonly List<(long Index, long Number)> texts = [];
    private long dense;

    /// <summary>How many indexes have been set.</summary>
    public long Count => dense + sparse.Count;

    /// <summary>Whether the indexes set so far are those from 0 up.</summary>
    public bool IsInOrder => sparse.Count == 0;

    /// <summary>Sets the next indexes to nodes that are not made.</summary>
    /// <param name="count">How many.</param>
    /// <param name="text">One of them that is a text, a number; more of them are asked for than of the others.</param>
    public void Pass(int count, (long Index, long Number)? text)
    {
        dense += count;
        if (text is { } known)
        {
            texts.Add(known);
        }
    }

    public void Set(long index, PickleNode node)
    {
        if (index < dense || (index == dense && !sparse.ContainsKey(index)))
        {
            dense = Math.Max(dense, index + 1);
            while (chunks.Count <= index / ChunkLength)
            {
                chunks.Add(new PickleNode?[ChunkLength]);
            }

            chunks[(int)(index / ChunkLength)][index % ChunkLength] = node;
        }
        else
        {
            sparse[index] = node;
        }
    }

    /// <summary>The node at an index, which may be <see cref="NotMade"/>; null where nothing was set.</summary>
    public PickleNode? Get(long index)
    {
        if (index >= dense)
        {
            return sparse.GetValueOrDefault(index);
        }

        return (index / ChunkLength < chunks.Count ? chunks[(int)(index / ChunkLength)][index % ChunkLength] : null) ?? Make(index);
    }

    private PickleNode Make(long index)
    {
        int place = texts.BinarySearch((index, 0), TextOrder);
        return place < 0 ? NotMade : PickleScalar.OfDigits(texts[place].Number);
    }

    private static readonly Comparer<(long Index, long Number)> TextOrder =
        Comparer<(long Index, long Number)>.Create((left, right) => left.Index.CompareTo(right.Index));
}
