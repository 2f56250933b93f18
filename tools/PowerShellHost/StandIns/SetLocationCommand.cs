using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Set-Location: -Path, -LiteralPath.</summary>
[Cmdlet(VerbsCommon.Set, "Location", DefaultParameterSetName = PathSet)]
public sealed class SetLocationCommand : PathCommand
{
    protected override void ProcessPath(string path) => SessionState.Path.SetLocation(AsPattern(path));
}
