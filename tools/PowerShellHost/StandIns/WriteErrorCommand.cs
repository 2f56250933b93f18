using System.Management.Automation;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Write-Error: -Message, -Exception, -ErrorRecord, -ErrorId, -Category, -TargetObject.</summary>
[Cmdlet(VerbsCommunications.Write, "Error", DefaultParameterSetName = "Message")]
public sealed class WriteErrorCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Message", ValueFromPipeline = true)]
    [Parameter(ParameterSetName = "Exception")]
    [AllowEmptyString]
    public string Message { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = "Exception")]
    public Exception? Exception { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "ErrorRecord")]
    public ErrorRecord? ErrorRecord { get; set; }

    [Parameter]
    public string ErrorId { get; set; } = "Microsoft.PowerShell.Commands.WriteErrorException";

    [Parameter]
    public ErrorCategory Category { get; set; } = ErrorCategory.NotSpecified;

    [Parameter]
    public object? TargetObject { get; set; }

    protected override void ProcessRecord()
    {
        ErrorRecord record = ErrorRecord
            ?? new ErrorRecord(Exception ?? new RuntimeException(Message), ErrorId, Category, TargetObject);
        if (Message.Length > 0)
        {
            record.ErrorDetails = new ErrorDetails(Message);
        }

        WriteError(record);
    }
}
