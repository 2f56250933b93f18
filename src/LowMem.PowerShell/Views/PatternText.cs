namespace LowMem.PowerShell.Views;

/// <summary>Draws a pattern of keys on one line: <c>layers.*.attn.q.weight  32 x [4096, 4096] bfloat16</c>.</summary>
/// <param name="Style">How it looks.</param>
internal sealed record PatternText(TerminalStyle Style)
{
    private const int SizeWidth = 10;

    private const int ShareWidth = 5;

    /// <summary>Below this many columns there is no room for shares.</summary>
    private const int LeastForShare = 100;

    /// <summary>From this many columns on there is room for the numbers.</summary>
    private const int LeastForNumbers = 120;

    // The last column stays free: some terminals go on to the next line once it is written to.
    private int FiguresWidth => SizeWidth + 1 + (Style.Width >= LeastForShare ? ShareWidth + 1 : 0);

    private int TextWidth => Style.Width - 1 - FiguresWidth;

    private int NameWidth => TextWidth >= 90 ? TextWidth / 2 : Math.Max(10, TextWidth - 28);

    /// <summary>The line above the first one.</summary>
    public string Header => Style.Head(Row("Pattern".PadRight(NameWidth) + " Tensors", "Size", "Share"));

    /// <summary>A line. What does not fit is cut: of the pattern its beginning, as far as the rest needs the room.</summary>
    /// <param name="pattern">The pattern, harmless.</param>
    /// <param name="count">How many tensors there are.</param>
    /// <param name="tensor">What each of them is.</param>
    /// <param name="numbers">The numbers at its stars.</param>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="share">The part of the whole.</param>
    public string Line(string pattern, string count, string tensor, string numbers, long bytes, double share)
    {
        string what = $"{count} x {tensor}";
        int most = Math.Max(NameWidth, TextWidth - 1 - Math.Min(CellText.GetWidth(what), Math.Max(8, TextWidth / 4)));
        pattern = Style.IsWhole ? pattern : CellText.CutFront(pattern, most, Style.IsPlain);
        int used = CellText.GetWidth(pattern);
        int gap = Math.Max(1, NameWidth + 1 - used);
        int left = TextWidth - used - gap;
        string said = left > 3 ? CellText.Cut(what, left, Style.IsPlain) : string.Empty;
        left -= CellText.GetWidth(said);
        string ranges = Style.Width >= LeastForNumbers && numbers.Length > 0 && left > 8 ? "  " + CellText.Cut(numbers, left - 2, Style.IsPlain) : string.Empty;
        string text = pattern + new string(' ', gap) + said + (ranges.Length > 0 ? Style.Dim + ranges + Style.Reset : string.Empty);
        return Row(text, ByteSize.Format(bytes), ShortCount.Percent(share), CellText.GetWidth(pattern + said + ranges) + gap);
    }

    private string Row(string text, string size, string share, int width = -1)
    {
        int used = width < 0 ? text.Length : width;
        string figures = size.PadLeft(SizeWidth) + (Style.Width >= LeastForShare ? " " + share.PadLeft(ShareWidth) : string.Empty);
        return $"{text}{new string(' ', Math.Max(0, TextWidth - used))} {figures}";
    }
}
