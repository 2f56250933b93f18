using LowMem.Checkpoints.Keys;

namespace LowMem.PowerShell.Pipeline;

/// <summary>The patterns of -Include and -Exclude as a filter of keys.</summary>
internal sealed class KeySelection : IKeyFilter
{
    private readonly NamePatterns included;
    private readonly NamePatterns? excluded;

    private KeySelection(string[]? include, string[]? exclude)
    {
        included = new NamePatterns(include);
        excluded = exclude is null ? null : new NamePatterns(exclude);
    }

    /// <summary>An excluded name that is not there is no mistake: it may be one of the checkpoint only.</summary>
    public IEnumerable<string> Unmatched => included.Unmatched;

    /// <summary>Null when nothing was asked for, and so everything is chosen.</summary>
    public static KeySelection? Create(string[]? include, string[]? exclude) =>
        include is null && exclude is null ? null : new KeySelection(include, exclude);

    public bool Includes(string key) => included.IsMatch(key) && excluded?.IsMatch(key) != true;
}
