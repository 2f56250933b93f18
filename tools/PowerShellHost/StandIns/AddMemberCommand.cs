using System.Management.Automation;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Add-Member: -MemberType (NoteProperty, ScriptProperty, ScriptMethod), -Name, -Value, -InputObject, -PassThru, -Force.</summary>
[Cmdlet(VerbsCommon.Add, "Member")]
public sealed class AddMemberCommand : PSCmdlet
{
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public PSObject InputObject { get; set; } = new();

    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Type")]
    [ValidateSet("NoteProperty", "ScriptProperty", "ScriptMethod")]
    public string MemberType { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1)]
    public string Name { get; set; } = "";

    [Parameter(Position = 2)]
    public object? Value { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        if (Force)
        {
            InputObject.Members.Remove(Name);
        }

        InputObject.Members.Add(MemberType switch
        {
            "NoteProperty" => new PSNoteProperty(Name, Value),
            "ScriptProperty" => new PSScriptProperty(Name, LanguagePrimitives.ConvertTo<ScriptBlock>(Value)),
            _ => new PSScriptMethod(Name, LanguagePrimitives.ConvertTo<ScriptBlock>(Value)),
        });
        if (PassThru)
        {
            WriteObject(InputObject);
        }
    }
}
