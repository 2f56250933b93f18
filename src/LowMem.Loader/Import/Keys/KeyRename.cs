using System.Text.RegularExpressions;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Loader.Import.Keys;

/// <summary>One rename of keys by which a checkpoint would fit a module.</summary>
/// <param name="Prefix">What the checkpoint's keys have in front of what is renamed; empty when nothing.</param>
/// <param name="Pattern">The rule: a wildcard for whole keys, or a regular expression.</param>
/// <param name="Replacement">What takes its place.</param>
/// <param name="IsRegex">Whether the rule is a regular expression.</param>
public sealed record KeyRename(string Prefix, string Pattern, string Replacement, bool IsRegex)
{
    /// <summary>The parameters of Import-ModelLowMemory, ready to paste.</summary>
    public override string ToString() =>
        $"-Prefix '{Prefix}' -KeyMap @{{ {(IsRegex ? "[regex] " : string.Empty)}'{Pattern}' = '{Replacement}' }}";

    /// <summary>Puts other names in front of all keys behind a prefix.</summary>
    /// <returns>The rename; null when the names could not be pasted as they are.</returns>
    internal static KeyRename? OfFront(string prefix, string front) =>
        IsPlain(prefix) && IsPlain(front) ? new KeyRename(prefix, "*", front + "*", IsRegex: false) : null;

    /// <summary>Replaces names, wherever they stand in keys behind a prefix; nothing takes them out.</summary>
    /// <returns>The rename; null when the names could not be pasted as they are.</returns>
    internal static KeyRename? OfNames(string prefix, string names, string others)
    {
        if (!IsPlain(prefix) || !IsPlain(names) || !IsPlain(others))
        {
            return null;
        }

        string escaped = Regex.Escape(names);
        return new KeyRename(prefix, others.Length == 0 ? $@"(?<![^.]){escaped}\." : $@"(?<![^.]){escaped}(?![^.])", others, IsRegex: true);
    }

    /// <summary>The module's key for what is behind the prefix.</summary>
    internal string Apply(string key, Regex? expression) =>
        expression is null ? string.Concat(Replacement.AsSpan(0, Replacement.Length - 1), key) : expression.Replace(key, Replacement);

    /// <summary>The expression, compiled once; null for a wildcard.</summary>
    internal Regex? GetExpression() => IsRegex ? new Regex(Pattern, RegexOptions.CultureInvariant) : null;

    // Letters, digits and what joins names: nothing that a quote, a wildcard or a terminal would take for something else.
    private static bool IsPlain(string text) =>
        text.Length <= DisplayText.LongestName && text.All(character => char.IsLetterOrDigit(character) || character is '.' or '_' or '-');
}
