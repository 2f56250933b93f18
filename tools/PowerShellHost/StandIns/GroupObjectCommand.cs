using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>
/// Group-Object: -Property (one). It returns objects with Count, Name, Values and Group, in the order of their values.
/// </summary>
[Cmdlet(VerbsData.Group, "Object")]
public sealed class GroupObjectCommand : PSCmdlet
{
    private readonly List<PSObject> _input = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object? Property { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is not null)
        {
            _input.Add(InputObject);
        }
    }

    protected override void EndProcessing()
    {
        PropertyExpression? property = Property is null ? null : PropertyExpression.Parse(Property);
        foreach (var group in _input
            .GroupBy(item => property is null ? item : property.Evaluate(item), ObjectComparer.Instance)
            .OrderBy(group => group.Key, ObjectComparer.Instance))
        {
            var result = new PSObject();
            result.Properties.Add(new PSNoteProperty("Count", group.Count()));
            result.Properties.Add(new PSNoteProperty("Name", LanguagePrimitives.ConvertTo<string>(group.Key)));
            result.Properties.Add(new PSNoteProperty("Values", new[] { group.Key }));
            result.Properties.Add(new PSNoteProperty("Group", group.ToArray()));
            WriteObject(result);
        }
    }
}
