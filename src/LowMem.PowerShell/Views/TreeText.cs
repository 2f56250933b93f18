using System.Text;

namespace LowMem.PowerShell.Views;

/// <summary>Draws a line of the tree of a checkpoint: branches, name, figures, and a bar as long as its share.</summary>
/// <param name="Style">How it looks.</param>
internal sealed record TreeText(TerminalStyle Style)
{
    private const int CountWidth = 6;

    private const int SizeWidth = 10;

    private const int ShareWidth = 5;

    /// <summary>Below this many columns there is room for names and sizes only.</summary>
    private const int LeastForAll = 60;

    private const int LeastBar = 8;

    private const string Eighths = "\u258f\u258e\u258d\u258c\u258b\u258a\u2589\u2588";

    // The last column stays free: some terminals go on to the next line once it is written to.
    private int Room => Style.Width - 1;

    private bool HasAll => Style.Width >= LeastForAll;

    private int FiguresWidth => HasAll ? CountWidth + SizeWidth + ShareWidth + 3 : SizeWidth + 1;

    private int BarWidth => HasAll ? Math.Max(LeastBar, ((Room - FiguresWidth) / 3) - 5) : 0;

    private int NameWidth => Room - FiguresWidth - (BarWidth > 0 ? BarWidth + 1 : 0);

    /// <summary>The line above the first one.</summary>
    public string Header => Style.Head(Row("Name".PadRight(NameWidth), "Params", "Size", "Share"));

    /// <summary>A line.</summary>
    /// <param name="branches">As in <see cref="Checkpoints.Exploring.CheckpointTreeLine.Branches"/>.</param>
    /// <param name="name">The name, harmless.</param>
    /// <param name="detail">What is said behind it as far as there is room, harmless.</param>
    /// <param name="parameters">The number of parameters.</param>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="share">The part of the whole.</param>
    public string Line(string branches, string name, string detail, long parameters, long bytes, double share)
    {
        var line = new StringBuilder();
        string lines = Branches(branches);

        // Where it is deep, the part next to the name is enough.
        int most = NameWidth / 2;
        lines = lines.Length > most ? lines[^most..] : lines;
        name = Style.IsWhole ? name : CellText.CutFront(name, NameWidth - lines.Length, Style.IsPlain);
        int left = Math.Max(0, NameWidth - lines.Length - CellText.GetWidth(name));
        const int least = 4;
        string said = detail.Length > 0 && left > least ? $" {CellText.Cut(detail, left - 1, Style.IsPlain)}" : string.Empty;
        line.Append(Dim(lines)).Append(name).Append(Dim(said)).Append(' ', left - CellText.GetWidth(said));

        // A bar that is cut short would say something else.
        bool hasBar = lines.Length + CellText.GetWidth(name) <= NameWidth;
        return Row(line.ToString(), ShortCount.Format(parameters), ByteSize.Format(bytes), ShortCount.Percent(share), hasBar ? Bar(share) : string.Empty).TrimEnd();
    }

    private string Row(string name, string parameters, string size, string share, string bar = "") => HasAll
        ? $"{name} {parameters.PadLeft(CountWidth)} {size.PadLeft(SizeWidth)} {share.PadLeft(ShareWidth)}{(bar.Length > 0 ? " " : string.Empty)}{bar}"
        : $"{name} {size.PadLeft(SizeWidth)}";

    private string Dim(string text) => text.Length == 0 || Style.Dim.Length == 0 ? text : Style.Dim + text + Style.Reset;

    private string Branches(string branches)
    {
        var (more, last, through) = Style.IsPlain ? ("|- ", "`- ", "|  ") : ("\u251c\u2500 ", "\u2514\u2500 ", "\u2502  ");
        var text = new StringBuilder(3 * branches.Length);
        for (int i = 0; i < branches.Length; i++)
        {
            bool goesOn = branches[i] == '|';
            text.Append(i < branches.Length - 1 ? goesOn ? through : "   " : goesOn ? more : last);
        }

        return text.ToString();
    }

    private string Bar(double share)
    {
        if (BarWidth == 0 || !(share > 0))
        {
            return string.Empty;
        }

        // What is there at all is seen.
        if (Style.IsPlain)
        {
            int whole = (int)Math.Round(Math.Min(share, 1) * BarWidth);
            return whole > 0 ? new string('#', whole) : ".";
        }

        int eighths = Math.Max(1, (int)Math.Round(Math.Min(share, 1) * BarWidth * 8));
        string bar = new string(Eighths[^1], eighths / 8) + (eighths % 8 > 0 ? Eighths[(eighths % 8) - 1] : string.Empty);
        return Style.Bar + bar + Style.Reset;
    }
}
