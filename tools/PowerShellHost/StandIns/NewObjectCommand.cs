using System.Management.Automation;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>New-Object: -TypeName, -ArgumentList; without -Property and COM, for which the language has literals.</summary>
[Cmdlet(VerbsCommon.New, "Object")]
public sealed class NewObjectCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public string TypeName { get; set; } = "";

    [Parameter(Position = 1)]
    [Alias("Args")]
    public object[] ArgumentList { get; set; } = [];

    protected override void ProcessRecord() => WriteObject(
        InvokeCommand.NewScriptBlock("param($Type, $List) , ($Type)::new.Invoke($List)")
            .Invoke(LanguagePrimitives.ConvertTo<Type>(TypeName), ArgumentList)[0]);
}
