using System.Management.Automation;

namespace LowMem.PowerShell.Views.Layouts;

/// <summary>
/// How objects of one type are drawn where nobody asks for a form. All types of the module share one view, so that PowerShell goes on
/// with it whatever comes after what; what tells them apart is here.
/// </summary>
internal abstract class ItemLayout
{
    /// <summary>A new heading stands above the first object of each section.</summary>
    public abstract string Section(PSObject item);

    /// <summary>What stands above a section.</summary>
    public abstract string Heading(PSObject item, TerminalStyle style);

    /// <summary>One object.</summary>
    public abstract string Text(PSObject item, TerminalStyle style);
}
