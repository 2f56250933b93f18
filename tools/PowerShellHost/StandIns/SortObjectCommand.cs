using System.Management.Automation;
using LowMem.PowerShellHost.StandIns;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Sort-Object: -Property, -Descending, -Unique. The order of equal objects is kept.</summary>
[Cmdlet("Sort", "Object")]
public sealed class SortObjectCommand : PSCmdlet
{
    private readonly List<PSObject> _input = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[] Property { get; set; } = [];

    [Parameter]
    public SwitchParameter Descending { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is not null)
        {
            _input.Add(InputObject);
        }
    }

    protected override void EndProcessing()
    {
        PropertyExpression[] properties = [.. Property.Select(PropertyExpression.Parse)];
        var keyed = _input.Select(item => (Item: item, Key: GetKey(item, properties)));
        var comparer = Comparer<object?[]>.Create(Compare);
        var sorted = (Descending ? keyed.OrderByDescending(pair => pair.Key, comparer)
            : keyed.OrderBy(pair => pair.Key, comparer)).ToList();
        for (int i = 0; i < sorted.Count; i++)
        {
            if (!Unique || i == 0 || Compare(sorted[i - 1].Key, sorted[i].Key) != 0)
            {
                WriteObject(sorted[i].Item);
            }
        }
    }

    private static object?[] GetKey(PSObject item, PropertyExpression[] properties) =>
        properties.Length == 0 ? [item] : [.. properties.Select(property => property.Evaluate(item))];

    private static int Compare(object?[] left, object?[] right) => left
        .Zip(right, ObjectComparer.Instance.Compare)
        .FirstOrDefault(order => order != 0);
}
