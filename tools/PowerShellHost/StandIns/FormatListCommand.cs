using System.Management.Automation;
using LowMem.PowerShellHost;
using Microsoft.PowerShell.Commands.Internal.Format;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Format-List, complete: the parameters and the work are those of the engine.</summary>
[Cmdlet(VerbsCommon.Format, "List")]
public sealed class FormatListCommand : OuterFormatTableAndListBase
{
    public FormatListCommand() => EngineInternals.SetFormatShape(this, "List");
}
