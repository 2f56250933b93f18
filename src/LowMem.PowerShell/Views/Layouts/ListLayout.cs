using System.Globalization;
using System.Management.Automation;

namespace LowMem.PowerShell.Views.Layouts;

/// <summary>A list of what is known of an object, one line for each, with what it is about as its heading. Long texts go on below themselves.</summary>
/// <param name="fields">The labels, and what is said: null leaves a field out. The first one is the heading.</param>
internal sealed class ListLayout(params (string Label, Func<ShownObject, string?> Text)[] fields) : ItemLayout
{
    private static long count;

    private readonly int labelWidth = fields.Max(field => field.Label.Length);

    /// <summary>Each object is a section of its own.</summary>
    public override string Section(PSObject item) => Interlocked.Increment(ref count).ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string Heading(PSObject item, TerminalStyle style) => string.Empty;

    /// <inheritdoc/>
    public override string Text(PSObject item, TerminalStyle style) => Draw(new ShownObject(item), fields, style);

    private string Draw(ShownObject shown, IEnumerable<(string Label, Func<ShownObject, string?> Text)> some, TerminalStyle style)
    {
        int indent = labelWidth + 3;
        int room = Math.Max(1, style.Room - indent);
        return string.Join('\n', some
            .Select(field => (field.Label, Text: field.Text(shown)))
            .Where(field => field.Text is not null)
            .Select(field => ($"{style.Accent}{field.Label.PadRight(labelWidth)} : {(style.Accent.Length > 0 ? style.Reset : string.Empty)}"
                + string.Join('\n' + new string(' ', indent), field.Text!.Split('\n').SelectMany(line => CellText.Wrap(line, room, style.IsWhole)))).TrimEnd()));
    }
}
