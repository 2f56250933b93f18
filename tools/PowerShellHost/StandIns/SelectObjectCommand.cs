using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>
/// Select-Object: -Property, -ExpandProperty, -First, -Last, -Skip, -Unique. It reads the whole input also for -First.
/// </summary>
[Cmdlet(VerbsCommon.Select, "Object", DefaultParameterSetName = "Property")]
public sealed class SelectObjectCommand : PSCmdlet
{
    private readonly List<PSObject> _input = [];
    private readonly HashSet<object?> _seen = new(ObjectComparer.Instance);

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[] Property { get; set; } = [];

    [Parameter]
    public string? ExpandProperty { get; set; }

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? First { get; set; }

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Last { get; set; }

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Skip { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    protected override void BeginProcessing()
    {
        if (First is not null && Last is not null)
        {
            throw new PSNotSupportedException("This stand-in takes -First or -Last, not both.");
        }

        if (Property.Length > 0 && (ExpandProperty is not null || Unique))
        {
            throw new PSNotSupportedException("This stand-in takes -Property without -ExpandProperty and -Unique.");
        }
    }

    protected override void ProcessRecord()
    {
        if (InputObject is not null)
        {
            _input.Add(InputObject);
        }
    }

    protected override void EndProcessing()
    {
        // With -Last, -Skip counts from the end.
        IEnumerable<PSObject> chosen = Last is { } last
            ? _input.SkipLast(Skip).TakeLast(last)
            : _input.Skip(Skip).Take(First ?? int.MaxValue);
        PropertyExpression[] properties = [.. Property.Select(PropertyExpression.Parse)];
        foreach (PSObject item in chosen)
        {
            if (ExpandProperty is not null)
            {
                WriteExpanded(item, ExpandProperty);
            }
            else if (!Unique || _seen.Add(item))
            {
                WriteObject(properties.Length == 0 ? item : Project(item, properties));
            }
        }
    }

    private void WriteExpanded(PSObject item, string name)
    {
        PropertyExpression expression = PropertyExpression.Parse(name);
        if (item.Properties[name] is null && expression.Evaluate(item) is null)
        {
            var exception = new PSArgumentException($"Property \"{name}\" cannot be found.");
            WriteError(new ErrorRecord(exception, "ExpandPropertyNotFound", ErrorCategory.InvalidArgument, item));
            return;
        }

        object? value = expression.Evaluate(item);
        foreach (object? part in LanguagePrimitives.GetEnumerable(value) ?? new[] { value })
        {
            if (!Unique || _seen.Add(part))
            {
                WriteObject(part);
            }
        }
    }

    private static PSObject Project(PSObject item, IEnumerable<PropertyExpression> properties)
    {
        var result = new PSObject();
        foreach ((string name, object? value) in properties.SelectMany(property => property.Expand(item)))
        {
            result.Properties.Add(new PSNoteProperty(name, value));
        }

        if (item.BaseObject is not PSCustomObject)
        {
            result.TypeNames.Insert(0, "Selected." + item.BaseObject.GetType());
        }

        return result;
    }
}
