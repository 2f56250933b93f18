using System.Buffers;
using System.Globalization;
using System.Text;

namespace LowMem.Checkpoints.Diagnostics;

/// <summary>
/// Makes text that a file may have chosen safe to show: the one gate through which messages, findings, views, progress and
/// completions go. Objects hold the exact text; a script that prints it decides for itself.
/// </summary>
/// <remarks>
/// Shown as '?': control characters (ESC and the others of C0 and C1, line breaks among them), separators of lines and
/// paragraphs, format characters (overrides of the direction of writing, characters of no width, tags), halves of
/// surrogate pairs, and what is no character (U+FFFE, which XML cannot hold either).
/// </remarks>
public static class DisplayText
{
    /// <summary>The most characters of a name, such as a key. Those of real models are below 150.</summary>
    public const int LongestName = 200;

    /// <summary>The most characters of one line: more than any path takes.</summary>
    public const int LongestLine = 5000;

    private const char Replacement = '?';

    /// <summary>Most text is this and nothing else, and stays as it is.</summary>
    private static readonly SearchValues<char> Printable = SearchValues.Create(
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>A name from a file, for a message or a column: harmless, and cut when it is long.</summary>
    /// <param name="text">The text, or null.</param>
    public static string Name(string? text) => Clean(text, LongestName);

    /// <summary>One line of text, whatever it is made of.</summary>
    /// <param name="text">The text, or null.</param>
    public static string Line(string? text) => Clean(text, LongestLine);

    /// <summary>Names in a row, for a message.</summary>
    /// <param name="names">The names.</param>
    /// <param name="most">How many are shown; of the others, their number.</param>
    public static string Names(IReadOnlyCollection<string> names, int most)
    {
        ArgumentNullException.ThrowIfNull(names);
        string shown = string.Join(", ", names.Take(most).Select(Name));
        return names.Count > most ? $"{shown} and {names.Count - most} more" : shown;
    }

    /// <summary>Whether a text could be shown as it is.</summary>
    /// <param name="text">The text.</param>
    public static bool IsHarmless(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Clean(text, text.Length).Equals(text, StringComparison.Ordinal);
    }

    /// <summary>The harmless text, cut to a length.</summary>
    /// <param name="text">The text, or null.</param>
    /// <param name="most">The most characters, the three that stand for what was cut off not counted.</param>
    public static string Clean(string? text, int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        if (string.IsNullOrEmpty(text) || (text.Length <= most && !text.AsSpan().ContainsAnyExcept(Printable)))
        {
            return text ?? string.Empty;
        }

        var shown = new StringBuilder(Math.Min(text.Length, most) + 3);
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            bool whole = Rune.DecodeFromUtf16(rest, out var rune, out int length) == OperationStatus.Done;
            if (shown.Length + length > most)
            {
                return shown.Append("...").ToString();
            }

            _ = whole && !IsObeyed(rune) ? shown.Append(rest[..length]) : shown.Append(Replacement);
            rest = rest[length..];
        }

        return shown.ToString();
    }

    /// <summary>What a terminal obeys instead of showing it, or shows as nothing.</summary>
    private static bool IsObeyed(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate || (rune.Value & 0xfffe) == 0xfffe;
}
