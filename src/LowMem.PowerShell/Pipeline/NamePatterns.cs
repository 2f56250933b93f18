using System.Management.Automation;

namespace LowMem.PowerShell.Pipeline;

/// <summary>The patterns of a -Key parameter, and which of them matched nothing.</summary>
internal sealed class NamePatterns
{
    private readonly (string Text, WildcardPattern Pattern)[] patterns;
    private readonly bool[] matched;

    /// <param name="keys">The patterns; null or none means that everything matches.</param>
    /// <param name="matchesCase">Whether case counts, as it does in Python; as everywhere in PowerShell, it does not when left out.</param>
    public NamePatterns(string[]? keys, bool matchesCase = false)
    {
        var options = matchesCase ? WildcardOptions.None : WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant;
        patterns = [.. (keys ?? []).Select(key => (key, WildcardPattern.Get(key, options)))];
        matched = new bool[patterns.Length];
    }

    /// <summary>The plain names among the patterns that no key had; a wildcard may match nothing.</summary>
    public IEnumerable<string> Unmatched =>
        patterns.Where((pattern, index) => !matched[index] && !WildcardPattern.ContainsWildcardCharacters(pattern.Text))
            .Select(pattern => pattern.Text);

    public bool IsMatch(string key)
    {
        if (patterns.Length == 0)
        {
            return true;
        }

        bool any = false;
        for (int i = 0; i < patterns.Length; i++)
        {
            // A key that is meant letter by letter may itself hold brackets.
            if (key == patterns[i].Text || patterns[i].Pattern.IsMatch(key))
            {
                matched[i] = true;
                any = true;
            }
        }

        return any;
    }
}
