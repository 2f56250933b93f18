using System.Management.Automation;
using LowMem.PowerShellHost;
using Microsoft.PowerShell.Commands.Internal.Format;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Format-Table, complete: the parameters and the work are those of the engine.</summary>
[Cmdlet(VerbsCommon.Format, "Table")]
public sealed class FormatTableCommand : OuterFormatTableBase
{
    public FormatTableCommand() => EngineInternals.SetFormatShape(this, "Table");
}
