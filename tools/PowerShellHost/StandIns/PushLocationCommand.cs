using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Push-Location: -Path, -LiteralPath; one stack.</summary>
[Cmdlet(VerbsCommon.Push, "Location", DefaultParameterSetName = PathSet)]
public sealed class PushLocationCommand : PathCommand
{
    protected override void ProcessPath(string path)
    {
        SessionState.Path.PushCurrentLocation(stackName: null);
        SessionState.Path.SetLocation(AsPattern(path));
    }
}
