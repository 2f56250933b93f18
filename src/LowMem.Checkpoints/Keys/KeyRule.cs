using System.Text;
using System.Text.RegularExpressions;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Keys;

/// <summary>One way to rename keys: a pattern, and what takes its place.</summary>
public sealed class KeyRule
{
    // A pattern that backtracks without end must not keep a load from ending.
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private readonly Regex pattern;
    private readonly string? replacement;

    private KeyRule(string text, Regex pattern, string? replacement)
    {
        Text = text;
        this.pattern = pattern;
        this.replacement = replacement;
    }

    /// <summary>The pattern as it was given.</summary>
    public string Text { get; }

    /// <summary>
    /// A rule for whole keys. In the pattern, <c>*</c> stands for any characters and <c>?</c> for one; all else, case
    /// included, stands for itself. In the replacement, each <c>*</c> and <c>?</c> stands for what the one of the same
    /// place in the pattern, counted for each of the two, stood for.
    /// </summary>
    /// <param name="wildcard">Such as <c>bert.*.gamma</c>.</param>
    /// <param name="replacement">Such as <c>encoder.*.weight</c>; null or empty to leave such keys out.</param>
    /// <exception cref="KeyMapException">The replacement has more of them than the pattern.</exception>
    public static KeyRule FromWildcard(string wildcard, string? replacement)
    {
        ArgumentException.ThrowIfNullOrEmpty(wildcard);
        var expression = new StringBuilder("^");
        var names = NameGroups(wildcard);
        for (var i = 0; i < wildcard.Length; i++)
        {
            expression.Append(wildcard[i] switch
            {
                '*' => $"(?<{names[i]}>.*?)",
                '?' => $"(?<{names[i]}>.)",
                var character => Regex.Escape(character.ToString()),
            });
        }

        expression.Append(@"\z");
        var compiled = new Regex(expression.ToString(), RegexOptions.Singleline | RegexOptions.CultureInvariant, MatchTimeout);
        return new KeyRule(wildcard, compiled, Translate(wildcard, names, replacement));
    }

    /// <summary>A rule for parts of keys: every match is replaced.</summary>
    /// <param name="expression">The regular expression.</param>
    /// <param name="replacement">In the syntax of .NET (<c>$1</c>, <c>${name}</c>); null to leave out keys that match.</param>
    public static KeyRule FromRegex(Regex expression, string? replacement)
    {
        ArgumentNullException.ThrowIfNull(expression);
        return new KeyRule(
            expression.ToString(), new Regex(expression.ToString(), expression.Options, MatchTimeout), replacement);
    }

    /// <summary>Renames a key if the rule is for it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="renamed">The new name, the key itself, or null when such keys are left out.</param>
    /// <returns>Whether the rule is for that key.</returns>
    /// <exception cref="KeyMapException">The pattern takes too long.</exception>
    public bool TryApply(string key, out string? renamed)
    {
        try
        {
            var isMatch = pattern.IsMatch(key);
            renamed = !isMatch ? key : replacement is null ? null : pattern.Replace(key, replacement);
            return isMatch;
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new KeyMapException(
                $"The rule '{Text}' of the key map takes longer than {MatchTimeout.TotalSeconds} s for '{DisplayText.Name(key)}'. Write it with fewer nested repetitions.",
                error);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    // s0, s1, ... for the stars and q0, q1, ... for the question marks; by their index in the text.
    private static Dictionary<int, string> NameGroups(string text)
    {
        var names = new Dictionary<int, string>();
        var (stars, marks) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '*')
            {
                names.Add(i, $"s{stars++}");
            }
            else if (text[i] == '?')
            {
                names.Add(i, $"q{marks++}");
            }
        }

        return names;
    }

    private static string? Translate(string wildcard, Dictionary<int, string> names, string? replacement)
    {
        if (string.IsNullOrEmpty(replacement))
        {
            return null;
        }

        var known = names.Values.ToHashSet(StringComparer.Ordinal);
        var used = NameGroups(replacement);
        if (used.Values.FirstOrDefault(name => !known.Contains(name)) is { } missing)
        {
            throw new KeyMapException(
                $"The replacement '{replacement}' of the key map has more '{(missing[0] == 's' ? '*' : '?')}' than its pattern '{wildcard}', "
                + "so there is nothing to put there.");
        }

        var text = new StringBuilder();
        for (var i = 0; i < replacement.Length; i++)
        {
            text.Append(used.TryGetValue(i, out var name) ? $"${{{name}}}" : replacement[i] == '$' ? "$$" : replacement[i].ToString());
        }

        return text.ToString();
    }
}
