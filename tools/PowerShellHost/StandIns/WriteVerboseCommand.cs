using System.Management.Automation;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Write-Verbose: -Message.</summary>
[Cmdlet(VerbsCommunications.Write, "Verbose")]
public sealed class WriteVerboseCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string Message { get; set; } = "";

    protected override void ProcessRecord() => WriteVerbose(Message);
}
