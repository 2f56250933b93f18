using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Move-Item: -Path, -LiteralPath, -Destination, -Force.</summary>
[Cmdlet(VerbsCommon.Move, "Item", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
public sealed class MoveItemCommand : PathCommand
{
    [Parameter(Mandatory = true, Position = 1)]
    public string Destination { get; set; } = "";

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessPath(string path)
    {
        if (ShouldProcess(path, $"Move to {Destination}"))
        {
            InvokeProvider.Item.Move([path], Destination, Force, IsLiteral);
        }
    }
}
