using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Out-String: -InputObject, -Stream, -Width.</summary>
[Cmdlet(VerbsData.Out, "String")]
public sealed class OutStringCommand : FormattedTextCommand
{
    [Parameter]
    public SwitchParameter Stream { get; set; }

    protected override void EndProcessing()
    {
        string text = FormatInput();
        if (!Stream)
        {
            WriteObject(text);
            return;
        }

        string[] lines = text.Split(Environment.NewLine);
        WriteObject(lines[^1].Length == 0 ? lines[..^1] : lines, enumerateCollection: true);
    }
}
