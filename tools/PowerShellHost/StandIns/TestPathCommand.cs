using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Test-Path: -Path, -LiteralPath, -PathType.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Path", DefaultParameterSetName = PathSet)]
public sealed class TestPathCommand : PathCommand
{
    [Parameter]
    [ValidateSet("Any", "Leaf", "Container")]
    public string PathType { get; set; } = "Any";

    protected override void ProcessPath(string path)
    {
        bool exists = InvokeProvider.Item.Exists(path, force: true, IsLiteral);
        if (exists && PathType != "Any")
        {
            bool isContainer = IsLiteral
                ? Directory.Exists(GetUnresolvedProviderPathFromPSPath(path))
                : SessionState.InvokeProvider.Item.IsContainer(path);
            exists = isContainer == (PathType == "Container");
        }

        WriteObject(exists);
    }
}
