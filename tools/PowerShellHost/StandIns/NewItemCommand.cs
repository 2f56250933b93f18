using System.Management.Automation;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>New-Item: -Path, -Name, -ItemType (File, Directory, HardLink, SymbolicLink), -Value, -Force.</summary>
[Cmdlet(VerbsCommon.New, "Item", SupportsShouldProcess = true)]
public sealed class NewItemCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = ["."];

    [Parameter]
    public string? Name { get; set; }

    [Parameter]
    [Alias("Type")]
    public string ItemType { get; set; } = "File";

    /// <summary>The text of a file, or what a link points at.</summary>
    [Parameter(ValueFromPipeline = true)]
    [Alias("Target")]
    public object? Value { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            if (!ShouldProcess(path, $"Create {ItemType}"))
            {
                continue;
            }

            try
            {
                WriteObject(
                    InvokeProvider.Item.New([path], Name, ItemType, Value, Force),
                    enumerateCollection: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                WriteError(new ErrorRecord(exception, "NewItemIOError", ErrorCategory.WriteError, path));
            }
        }
    }
}
