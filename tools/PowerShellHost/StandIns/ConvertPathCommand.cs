using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Convert-Path: -Path, -LiteralPath.</summary>
[Cmdlet(VerbsData.Convert, "Path", DefaultParameterSetName = PathSet)]
public sealed class ConvertPathCommand : PathCommand
{
    protected override void ProcessPath(string path) => WriteObject(ResolveFiles(path), enumerateCollection: true);
}
