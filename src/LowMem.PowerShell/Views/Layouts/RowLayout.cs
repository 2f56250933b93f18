using System.Management.Automation;
using System.Text;

namespace LowMem.PowerShell.Views.Layouts;

/// <summary>
/// A table with one line for each object: columns, and a name behind them that has the room that is left. A text that is longer than its
/// column has the room that the name leaves, or can do without. Nothing is cut where it does not go to a window.
/// </summary>
/// <param name="name">The name of the section.</param>
/// <param name="columns">The columns in front of the name.</param>
/// <param name="label">The heading of the name.</param>
/// <param name="last">The name.</param>
internal sealed class RowLayout(string name, Column[] columns, string label, Func<ShownObject, NameText> last) : ItemLayout
{
    private const int Indent = 4;

    /// <summary>The cells that a name keeps when other texts are longer than their columns.</summary>
    private const int LeastName = 28;

    /// <summary>What all objects of a section have in common, such as their directory, and what it is.</summary>
    public (string Label, Func<ShownObject, string> Text)? Common { get; init; }

    /// <summary>A sentence, which has lines of its own below the row; null or empty for none.</summary>
    public Func<ShownObject, string?>? Sentence { get; init; }

    /// <inheritdoc/>
    public override string Section(PSObject item) => Common is { } common ? $"{name}\0{common.Text(new ShownObject(item))}" : name;

    /// <inheritdoc/>
    public override string Heading(PSObject item, TerminalStyle style)
    {
        var shown = columns.Where(column => style.Width >= column.From).ToArray();
        string line = style.Head(Draw(shown, shown.Select(column => column.Label), new NameText(label), style));
        return Common is null ? line : $"{Above(item, style)}\n\n{line}";
    }

    /// <summary>What all objects of the section have in common, on one line.</summary>
    public string Above(PSObject item, TerminalStyle style)
    {
        if (Common is not { } common)
        {
            return string.Empty;
        }

        string above = $"{new string(' ', Indent)}{common.Label}: ";
        string text = common.Text(new ShownObject(item));
        return above + (style.IsWhole ? text : CellText.CutFront(text, style.Room - above.Length, style.IsPlain));
    }

    /// <inheritdoc/>
    public override string Text(PSObject item, TerminalStyle style)
    {
        var source = new ShownObject(item);
        var shown = columns.Where(column => style.Width >= column.From).ToArray();
        string line = Draw(shown, shown.Select(column => column.Text(source)), last(source), style);
        return Sentence?.Invoke(source) is { Length: > 0 } sentence ? $"{line}\n{Below(sentence, style)}" : line;
    }

    private static string Draw(Column[] shown, IEnumerable<string> texts, NameText name, TerminalStyle style)
    {
        string[] cells = [.. texts];
        int room = style.Room - shown.Sum(column => column.Width + 1);
        int spare = Math.Max(0, room - Math.Min(LeastName, CellText.GetWidth(name.Whole)));
        var line = new StringBuilder();
        for (int i = 0; i < cells.Length; i++)
        {
            int width = shown[i].Width;
            if (!style.IsWhole)
            {
                int more = Math.Clamp(CellText.GetWidth(cells[i]) - width, 0, spare);
                spare -= more;
                room -= more;
                width += more;
                cells[i] = CellText.Cut(cells[i], width, style.IsPlain);
            }

            string padding = new(' ', Math.Max(0, width - CellText.GetWidth(cells[i])));
            line.Append(shown[i].IsRight ? padding + cells[i] : cells[i] + padding).Append(' ');
        }

        return line.Append(style.IsWhole ? name.Whole : name.Fit(room, style.IsPlain)).ToString().TrimEnd();
    }

    private static string Below(string sentence, TerminalStyle style)
    {
        string indent = new(' ', Indent);
        return string.Join('\n', CellText.Wrap(sentence, style.Room - Indent, style.IsWhole).Select(line => indent + line));
    }
}
