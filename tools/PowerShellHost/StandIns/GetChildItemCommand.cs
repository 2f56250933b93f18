using System.Management.Automation;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Get-ChildItem: -Path, -LiteralPath, -Filter, -Recurse, -File, -Directory, -Force.</summary>
[Cmdlet(VerbsCommon.Get, "ChildItem", DefaultParameterSetName = PathSet)]
public sealed class GetChildItemCommand : PSCmdlet
{
    private const string PathSet = "Path";

    [Parameter(Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = ["."];

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>A name with wildcards; only the leaf of an item counts.</summary>
    [Parameter(Position = 1)]
    public string Filter { get; set; } = "*";

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter File { get; set; }

    [Parameter]
    public SwitchParameter Directory { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        bool isLiteral = ParameterSetName != PathSet;
        var name = new WildcardPattern(Filter, WildcardOptions.IgnoreCase);
        foreach (string path in isLiteral ? LiteralPath : Path)
        {
            try
            {
                foreach (PSObject item in InvokeProvider.ChildItem.Get([path], Recurse, Force, isLiteral))
                {
                    if (IsWanted(item, name))
                    {
                        WriteObject(item);
                    }
                }
            }
            catch (ItemNotFoundException exception)
            {
                WriteError(new ErrorRecord(exception.ErrorRecord, exception));
            }
        }
    }

    private bool IsWanted(PSObject item, WildcardPattern name) => item.BaseObject is not FileSystemInfo info
        || (name.IsMatch(info.Name) && (!File || info is FileInfo) && (!Directory || info is DirectoryInfo));
}
