using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>
/// Measure-Object: -Property (one), -Sum, -Average, -Minimum, -Maximum of numbers. A result that was not asked for is
/// null; it has no views of its own.
/// </summary>
[Cmdlet(VerbsDiagnostic.Measure, "Object")]
public sealed class MeasureObjectCommand : PSCmdlet
{
    private readonly List<double> _numbers = [];
    private int _count;
    private PropertyExpression? _property;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object? Property { get; set; }

    [Parameter]
    public SwitchParameter Sum { get; set; }

    [Parameter]
    public SwitchParameter Average { get; set; }

    [Parameter]
    public SwitchParameter Minimum { get; set; }

    [Parameter]
    public SwitchParameter Maximum { get; set; }

    private bool WantsNumbers => Sum || Average || Minimum || Maximum;

    protected override void BeginProcessing() =>
        _property = Property is null ? null : PropertyExpression.Parse(Property);

    protected override void ProcessRecord()
    {
        object? value = _property is null ? InputObject : _property.Evaluate(InputObject);
        if (value is null)
        {
            return;
        }

        _count++;
        if (!WantsNumbers)
        {
            return;
        }

        if (LanguagePrimitives.TryConvertTo(value, out double number))
        {
            _numbers.Add(number);
        }
        else
        {
            var exception = new PSArgumentException($"Input object \"{value}\" is not numeric.");
            WriteError(new ErrorRecord(exception, "NonNumericInputObject", ErrorCategory.InvalidType, value));
        }
    }

    protected override void EndProcessing()
    {
        var result = new PSObject();
        result.Properties.Add(new PSNoteProperty("Count", _count));
        Add(result, "Average", Average, Enumerable.Average);
        Add(result, "Sum", Sum, Enumerable.Sum);
        Add(result, "Maximum", Maximum, Enumerable.Max);
        Add(result, "Minimum", Minimum, Enumerable.Min);
        result.Properties.Add(new PSNoteProperty("Property", Property));
        WriteObject(result);
    }

    private void Add(PSObject result, string name, bool isWanted, Func<IEnumerable<double>, double> measure) =>
        result.Properties.Add(new PSNoteProperty(name, isWanted && _numbers.Count > 0 ? measure(_numbers) : null));
}
