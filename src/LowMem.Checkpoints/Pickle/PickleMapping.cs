namespace LowMem.Checkpoints.Pickle;

/// <summary>A dict, in insertion order. Keys are nodes and may repeat: the last one counts in Python.</summary>
internal sealed class PickleMapping : PickleNode
{
    private List<KeyValuePair<PickleNode, PickleNode>>? entries;

    public IReadOnlyList<KeyValuePair<PickleNode, PickleNode>> Entries =>
        entries ?? (IReadOnlyList<KeyValuePair<PickleNode, PickleNode>>)[];

    public int Count => entries?.Count ?? 0;

    public void Add(PickleNode key, PickleNode value) => (entries ??= []).Add(new(key, value));

    /// <summary>The value of the last entry whose key is that text, or null.</summary>
    public PickleNode? Find(string key)
    {
        for (int i = Count - 1; i >= 0; i--)
        {
            if (entries![i].Key is PickleScalar { Value: string text } && text == key)
            {
                return entries[i].Value;
            }
        }

        return null;
    }
}
