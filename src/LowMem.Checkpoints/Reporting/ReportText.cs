using System.Globalization;
using System.Text;

namespace LowMem.Checkpoints.Reporting;

/// <summary>
/// Text from files and of their names, for a document that others read: no character steers a terminal, a line, the
/// direction of writing, or a parser.
/// </summary>
internal static class ReportText
{
    private const int Longest = 4096;

    /// <summary>On one line, bounded, and without what is not shown.</summary>
    public static string Clean(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return string.Empty;
        }

        var clean = new StringBuilder(Math.Min(text.Length, Longest) + 3);
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= Longest)
            {
                clean.Append("...");
                break;
            }

            clean.Append(IsShown(rune) ? rune.ToString() : "?");
        }

        return clean.ToString();
    }

    /// <summary>The same text with half surrogates replaced: what cannot be encoded cannot be written.</summary>
    public static string Repair(string text) => string.Concat(text.EnumerateRunes().Select(rune => rune.ToString()));

    /// <summary>Neither control characters nor those that turn the writing around, nor what XML cannot hold.</summary>
    private static bool IsShown(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse)
        && (rune.Value & 0xfffe) != 0xfffe;
}
