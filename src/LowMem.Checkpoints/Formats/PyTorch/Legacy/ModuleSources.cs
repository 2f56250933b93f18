using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>The source text of classes that came with a whole module. Only shown, and no more of it than is sensible.</summary>
internal sealed class ModuleSources
{
    private const int MaxSources = 1000;
    private const int MaxCharacters = 1 << 20;

    private readonly OrderedDictionary<string, string> sources = [];
    private int charactersLeft = MaxCharacters;

    /// <summary>Remembers the text when there is one; PyTorch writes None when it found none.</summary>
    public void Add(PickleGlobal type, PickleNode source)
    {
        if (source is PickleScalar { Value: string text }
            && sources.Count < MaxSources
            && text.Length <= charactersLeft
            && sources.TryAdd(type.FullName, text))
        {
            charactersLeft -= text.Length;
        }
    }

    /// <summary>Adds an entry <c>source:CLASS</c> for each class.</summary>
    public void CopyTo(OrderedDictionary<string, string> metadata)
    {
        foreach (var (name, text) in sources)
        {
            metadata[$"source:{name}"] = text;
        }
    }
}
