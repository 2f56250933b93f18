using System.Management.Automation;
using LowMem.PowerShell.Errors;

namespace LowMem.PowerShell.Pipeline;

/// <summary>The patterns of a -Key parameter, and which of them matched nothing.</summary>
internal sealed class NamePatterns
{
    private readonly (string Text, WildcardPattern? Pattern)[] patterns;
    private readonly bool[] matched;

    /// <param name="keys">The patterns; null or none means that everything matches.</param>
    /// <param name="matchesCase">Whether case counts, as it does in Python; as everywhere in PowerShell, it does not when left out.</param>
    public NamePatterns(string[]? keys, bool matchesCase = false)
    {
        var options = matchesCase ? WildcardOptions.None : WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant;
        patterns = [.. (keys ?? []).Select(key => (key, Parse(key, options)))];
        matched = new bool[patterns.Length];
    }

    /// <summary>What is no pattern, such as one with a bracket that is not closed, and no key's very name either.</summary>
    public IEnumerable<string> Invalid =>
        patterns.Where((pattern, index) => pattern.Pattern is null && !matched[index]).Select(pattern => pattern.Text);

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
            if (key == patterns[i].Text || patterns[i].Pattern?.IsMatch(key) == true)
            {
                matched[i] = true;
                any = true;
            }
        }

        return any;
    }

    /// <summary>Refuses what is no pattern before anything is done by it.</summary>
    /// <param name="patterns">The patterns of a parameter, or null.</param>
    /// <param name="target">What the error is about.</param>
    /// <exception cref="RefusedException">One of them is none.</exception>
    public static void Require(string[]? patterns, object target)
    {
        foreach (string pattern in new NamePatterns(patterns).Invalid)
        {
            throw new RefusedException(ErrorRecords.WildcardInvalid(pattern, target));
        }
    }

    /// <summary>The pattern that a text is; null when it is none. Only matching shows that.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">How it matches.</param>
    public static WildcardPattern? Parse(string text, WildcardOptions options)
    {
        try
        {
            var pattern = WildcardPattern.Get(text, options);
            pattern.IsMatch(string.Empty);
            return pattern;
        }
        catch (WildcardPatternException)
        {
            return null;
        }
    }
}
