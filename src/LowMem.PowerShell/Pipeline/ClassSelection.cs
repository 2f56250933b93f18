using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader;

namespace LowMem.PowerShell.Pipeline;

/// <summary>The patterns of -AssumeSequential, the classes that were asked for, and which patterns were of no use.</summary>
/// <remarks>Case counts, as it does in Python: <c>block</c> and <c>Block</c> are two classes.</remarks>
internal sealed class ClassSelection(string[] patterns)
{
    private const int MaximumNamed = 10;

    private readonly (string Text, WildcardPattern Pattern)[] patterns =
        [.. patterns.Select(pattern => (pattern, WildcardPattern.Get(pattern, WildcardOptions.None)))];

    private readonly HashSet<string> matched = new(StringComparer.Ordinal);
    private readonly List<string> asked = [];

    /// <summary>Whether a class is one of those.</summary>
    /// <exception cref="ModelException">A pattern is not written as one.</exception>
    public bool IsChosen(string className)
    {
        if (!asked.Contains(className, StringComparer.Ordinal))
        {
            asked.Add(className);
        }

        var any = false;
        foreach (var (text, pattern) in patterns)
        {
            if (text == className || IsMatch(text, pattern, className))
            {
                matched.Add(text);
                any = true;
            }
        }

        return any;
    }

    /// <summary>What to warn of: patterns that no class had; null when each had one.</summary>
    public string? DescribeUnmatched()
    {
        var unmatched = patterns.Where(pattern => !matched.Contains(pattern.Text)).Select(pattern => $"'{pattern.Text}'").ToArray();
        if (unmatched.Length == 0)
        {
            return null;
        }

        var more = asked.Count > MaximumNamed ? $" and {asked.Count - MaximumNamed} more" : string.Empty;
        return $"-AssumeSequential {string.Join(", ", unmatched)}: there is no such class with modules in the text. "
            + (asked.Count == 0
                ? "It has none but Sequential, which needs nothing said."
                : $"There are: {string.Join(", ", asked.Take(MaximumNamed).Select(DisplayText.Name))}{more}. Case counts.");
    }

    private static bool IsMatch(string text, WildcardPattern pattern, string className)
    {
        try
        {
            return pattern.IsMatch(className);
        }
        catch (WildcardPatternException exception)
        {
            throw new ModelException(
                ModelErrorIds.SkeletonInvalid, $"-AssumeSequential '{text}' is no name and no wildcard pattern: {exception.Message}", exception);
        }
    }
}
