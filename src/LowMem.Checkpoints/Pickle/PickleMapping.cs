namespace LowMem.Checkpoints.Pickle;

/// <summary>A dict, in insertion order. Keys are nodes and may repeat: the last one counts in Python.</summary>
internal sealed class PickleMapping : PickleNode
{
    /// <summary>Up to here looking at each entry is no slower than an index.</summary>
    private const int IndexedFrom = 16;

    private PieceList<PickleEntry>? entries;
    private Dictionary<string, PickleNode>? index;

    public IReadOnlyList<PickleEntry> Entries =>
        entries ?? (IReadOnlyList<PickleEntry>)[];

    public int Count => entries?.Count ?? 0;

    public void Add(PickleNode key, PickleNode value)
    {
        index = null;
        (entries ??= []).Add(new(key, value));
    }

    /// <summary>The value of the last entry whose key is that text, or null.</summary>
    public PickleNode? Find(string key)
    {
        if (Count > IndexedFrom)
        {
            return (index ??= CreateIndex()).GetValueOrDefault(key);
        }

        for (int i = Count - 1; i >= 0; i--)
        {
            if (Entries[i].Key is PickleScalar { Value: string text } && text == key)
            {
                return Entries[i].Value;
            }
        }

        return null;
    }

    /// <summary>One dict may be the state of many objects, each of which is asked.</summary>
    private Dictionary<string, PickleNode> CreateIndex()
    {
        var created = new Dictionary<string, PickleNode>(StringComparer.Ordinal);
        foreach (var (key, value) in Entries)
        {
            if (key is PickleScalar { Value: string text })
            {
                created[text] = value;
            }
        }

        return created;
    }
}
