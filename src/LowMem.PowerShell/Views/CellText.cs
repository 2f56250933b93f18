using System.Globalization;
using System.Text;

namespace LowMem.PowerShell.Views;

/// <summary>Text by the cells that it takes on a terminal: most characters take one, those of East Asia two, marks none.</summary>
internal static class CellText
{
    // The blocks of wide characters, and of pictures; from Unicode's EastAsianWidth, as coarse as terminals take it.
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115f), (0x231a, 0x231b), (0x2329, 0x232a), (0x23e9, 0x23ec), (0x25fd, 0x25fe), (0x2614, 0x2615), (0x2648, 0x2653),
        (0x26a1, 0x26a1), (0x26bd, 0x26be), (0x26c4, 0x26c5), (0x26ce, 0x26ce), (0x26d4, 0x26d4), (0x26ea, 0x26ea), (0x26f2, 0x26f5),
        (0x26fa, 0x26fd), (0x2705, 0x2705), (0x270a, 0x270b), (0x2728, 0x2728), (0x274c, 0x274e), (0x2753, 0x2757), (0x2795, 0x2797),
        (0x27b0, 0x27bf), (0x2b1b, 0x2b1c), (0x2b50, 0x2b55), (0x2e80, 0x303e), (0x3041, 0xa4cf), (0xa960, 0xa97f), (0xac00, 0xd7a3),
        (0xf900, 0xfaff), (0xfe10, 0xfe19), (0xfe30, 0xfe6f), (0xff00, 0xff60), (0xffe0, 0xffe6), (0x16fe0, 0x18aff), (0x1b000, 0x1b2ff),
        (0x1f004, 0x1f004), (0x1f0cf, 0x1f0cf), (0x1f18e, 0x1f19a), (0x1f200, 0x1f64f), (0x1f680, 0x1f6ff), (0x1f7e0, 0x1f7eb),
        (0x1f900, 0x1faff), (0x20000, 0x3fffd),
    ];

    /// <summary>How many cells a text takes.</summary>
    /// <param name="text">Text without control characters.</param>
    public static int GetWidth(string text) => text.EnumerateRunes().Sum(GetWidth);

    /// <summary>The beginning of a text that takes no more than some cells, with an ellipsis where it was cut.</summary>
    /// <param name="text">Text without control characters.</param>
    /// <param name="cells">The cells.</param>
    /// <param name="isPlain">Whether the ellipsis is ASCII.</param>
    public static string Cut(string text, int cells, bool isPlain)
    {
        if (GetWidth(text) <= cells)
        {
            return text;
        }

        string ellipsis = isPlain ? ".." : "\u2026";
        int room = cells - ellipsis.Length;
        if (room < 0)
        {
            return new string('.', Math.Max(0, cells));
        }

        var kept = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            room -= GetWidth(rune);
            if (room < 0)
            {
                break;
            }

            kept.Append(rune.ToString());
        }

        return kept.Append(ellipsis).ToString();
    }

    private static int GetWidth(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? 0
        : rune.Value >= Wide[0].First && Array.Exists(Wide, block => rune.Value >= block.First && rune.Value <= block.Last) ? 2
        : 1;
}
