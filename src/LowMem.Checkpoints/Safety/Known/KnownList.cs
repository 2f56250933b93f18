namespace LowMem.Checkpoints.Safety.Known;

/// <summary>Names with a use, written as one module and its members.</summary>
internal sealed class KnownList : Dictionary<string, KnownUse>
{
    public KnownList()
        : base(StringComparer.Ordinal)
    {
    }

    /// <summary>Adds members of a module.</summary>
    /// <param name="use">In what use they are inert.</param>
    /// <param name="module">The module.</param>
    /// <param name="members">Its members, with blanks between them.</param>
    public void Add(KnownUse use, string module, string members)
    {
        foreach (string member in members.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Add($"{module}.{member}", use);
        }
    }
}
