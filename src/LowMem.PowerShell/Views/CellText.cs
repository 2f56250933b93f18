using System.Text;

namespace LowMem.PowerShell.Views;

/// <summary>Text by the cells that it takes on a terminal: most characters take one, those of East Asia two.</summary>
internal static class CellText
{
    // The blocks of wide characters, and of pictures; from Unicode's EastAsianWidth, as coarse as terminals take it. Those behind the first
    // 65,536 are two characters, and so two cells, in any case.
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115f), (0x231a, 0x231b), (0x2329, 0x232a), (0x23e9, 0x23ec), (0x25fd, 0x25fe), (0x2614, 0x2615), (0x2648, 0x2653),
        (0x26a1, 0x26a1), (0x26bd, 0x26be), (0x26c4, 0x26c5), (0x26ce, 0x26ce), (0x26d4, 0x26d4), (0x26ea, 0x26ea), (0x26f2, 0x26f5),
        (0x26fa, 0x26fd), (0x2705, 0x2705), (0x270a, 0x270b), (0x2728, 0x2728), (0x274c, 0x274e), (0x2753, 0x2757), (0x2795, 0x2797),
        (0x27b0, 0x27bf), (0x2b1b, 0x2b1c), (0x2b50, 0x2b55), (0x2e80, 0x303e), (0x3041, 0xa4cf), (0xa960, 0xa97f), (0xac00, 0xd7a3),
        (0xf900, 0xfaff), (0xfe10, 0xfe19), (0xfe30, 0xfe6f), (0xff00, 0xff60), (0xffe0, 0xffe6),
    ];

    /// <summary>How many cells a text takes.</summary>
    /// <param name="text">Text without control characters.</param>
    public static int GetWidth(string text) => text.EnumerateRunes().Sum(GetWidth);

    /// <summary>The beginning of a text that takes no more than some cells, with an ellipsis where it was cut.</summary>
    /// <param name="text">Text without control characters.</param>
    /// <param name="cells">The cells.</param>
    /// <param name="isPlain">Whether the ellipsis is ASCII.</param>
    public static string Cut(string text, int cells, bool isPlain) =>
        Shorten(text, cells, isPlain, (room, ellipsis) => string.Concat(text.AsSpan(0, CountFitting(text, room)), ellipsis));

    /// <summary>The end of a text that takes no more than some cells, with an ellipsis where it was cut.</summary>
    /// <param name="text">Text without control characters.</param>
    /// <param name="cells">The cells.</param>
    /// <param name="isPlain">Whether the ellipsis is ASCII.</param>
    public static string CutFront(string text, int cells, bool isPlain) => Shorten(text, cells, isPlain, (room, ellipsis) =>
    {
        int over = GetWidth(text) - room;
        int start = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (over <= 0)
            {
                break;
            }

            over -= GetWidth(rune);
            start += rune.Utf16SequenceLength;
        }

        return ellipsis + text[start..];
    });

    /// <summary>Breaks a text into lines, between words where there are any.</summary>
    /// <param name="text">One line without control characters.</param>
    /// <param name="cells">The cells of a line.</param>
    /// <param name="keepsWords">Whether a word that is longer than a line stays whole.</param>
    public static IEnumerable<string> Wrap(string text, int cells, bool keepsWords)
    {
        cells = Math.Max(1, cells);
        while (GetWidth(text) > cells)
        {
            // A line takes something, however narrow it is.
            int fits = Math.Max(Rune.GetRuneAt(text, 0).Utf16SequenceLength, CountFitting(text, cells));
            int space = text.LastIndexOf(' ', Math.Min(fits, text.Length - 1));
            int end = space > 0 ? space : fits;
            if (space <= 0 && keepsWords)
            {
                end = text.IndexOf(' ', fits);
                if (end < 0)
                {
                    break;
                }
            }

            yield return text[..end].TrimEnd();
            text = text[end..].TrimStart();
        }

        yield return text;
    }

    /// <summary>The text where it fits, and dots where not even an ellipsis does.</summary>
    private static string Shorten(string text, int cells, bool isPlain, Func<int, string, string> cut)
    {
        if (GetWidth(text) <= cells)
        {
            return text;
        }

        string ellipsis = isPlain ? ".." : "\u2026";
        return cells < ellipsis.Length ? new string('.', Math.Max(0, cells)) : cut(cells - ellipsis.Length, ellipsis);
    }

    private static int CountFitting(string text, int cells)
    {
        int count = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            cells -= GetWidth(rune);
            if (cells < 0)
            {
                break;
            }

            count += rune.Utf16SequenceLength;
        }

        return count;
    }

    // PowerShell takes each character for a cell or two, marks and halves of a picture as well, and breaks lines that it takes for too
    // long: what it counts is what fits.
    private static int GetWidth(Rune rune) =>
        rune.IsBmp && rune.Value >= Wide[0].First && Array.Exists(Wide, block => rune.Value >= block.First && rune.Value <= block.Last) ? 2
        : rune.Utf16SequenceLength;
}
