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

/// <summary>
/// How far the review of a known global went. A pickle does more or less with what it names, and what is harmless as a
/// value need not be harmless as a function.
/// </summary>
internal enum KnownUse
{
    /// <summary>Not reviewed, or not found inert.</summary>
    None,

    /// <summary>Inert as a value that nothing calls: a function or type that a configuration refers to.</summary>
    Named,

    /// <summary>Inert when it is made without its constructor (NEWOBJ) and gets any state by BUILD.</summary>
    Made,

    /// <summary>Inert when called with any arguments, and with any state by BUILD. At worst it takes memory or time.</summary>
    Called,

    /// <summary>Called with keywords, or with objects whose methods it runs and nobody reviewed: a demand, and never known to be inert.</summary>
    Asking,
}
