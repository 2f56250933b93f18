using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Content of UTF-8 files: -Path, -LiteralPath, -Raw, -TotalCount.</summary>
[Cmdlet(VerbsCommon.Get, "Content", DefaultParameterSetName = PathSet)]
public sealed class GetContentCommand : PathCommand
{
    [Parameter]
    public SwitchParameter Raw { get; set; }

    [Parameter]
    [Alias("First", "Head")]
    [ValidateRange(0, int.MaxValue)]
    public int TotalCount { get; set; } = int.MaxValue;

    protected override void ProcessPath(string path)
    {
        foreach (string file in ResolveFiles(path))
        {
            if (Raw)
            {
                WriteObject(File.ReadAllText(file));
                continue;
            }

            foreach (string line in File.ReadLines(file).Take(TotalCount))
            {
                WriteObject(line);
            }
        }
    }
}
