using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Resolve-Path: -Path, -LiteralPath.</summary>
[Cmdlet(VerbsDiagnostic.Resolve, "Path", DefaultParameterSetName = PathSet)]
public sealed class ResolvePathCommand : PathCommand
{
    protected override void ProcessPath(string path) => WriteObject(
        SessionState.Path.GetResolvedPSPathFromPSPath(AsPattern(path)), enumerateCollection: true);
}
