using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>
/// Remove-Item: -Path, -LiteralPath, -Recurse, -Force. Unlike the real one it never asks: a directory that is not empty
/// needs -Recurse, else it is an error.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "Item", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
public sealed class RemoveItemCommand : PathCommand
{
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessPath(string path)
    {
        foreach (string file in ResolveFiles(path))
        {
            bool isDirectory = Directory.Exists(file) && new DirectoryInfo(file).LinkTarget is null;
            if (isDirectory && !Recurse && Directory.EnumerateFileSystemEntries(file).Any())
            {
                throw new PSInvalidOperationException($"The directory '{file}' is not empty; pass -Recurse to remove it.");
            }

            if (ShouldProcess(file, "Remove"))
            {
                InvokeProvider.Item.Remove([file], Recurse, Force, literalPath: true);
            }
        }
    }
}
