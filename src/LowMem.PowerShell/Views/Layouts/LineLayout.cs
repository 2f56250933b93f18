using System.Management.Automation;

namespace LowMem.PowerShell.Views.Layouts;

/// <summary>Lines that are drawn as a whole, under one heading for each checkpoint.</summary>
/// <param name="name">The name of the section.</param>
/// <param name="heading">Draws the heading.</param>
/// <param name="text">Draws a line.</param>
internal sealed class LineLayout(string name, Func<TerminalStyle, string> heading, Func<PSObject, TerminalStyle, string> text) : ItemLayout
{
    /// <inheritdoc/>
    public override string Section(PSObject item) => $"{name}\0{ShownObject.AsText(ShownObject.AsValue(item, "Checkpoint"))}";

    /// <inheritdoc/>
    public override string Heading(PSObject item, TerminalStyle style) => heading(style);

    /// <inheritdoc/>
    public override string Text(PSObject item, TerminalStyle style) => text(item, style);
}
