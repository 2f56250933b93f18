using System.Management.Automation;
using System.Numerics;
using System.Text;
using System.Text.Json;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>
/// ConvertFrom-Json: -InputObject, -AsHashtable, -NoEnumerate. Unlike the real one it leaves text that looks like a
/// date as text.
/// </summary>
[Cmdlet(VerbsData.ConvertFrom, "Json")]
public sealed class ConvertFromJsonCommand : PSCmdlet
{
    private readonly StringBuilder _text = new();

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string InputObject { get; set; } = "";

    [Parameter]
    public SwitchParameter AsHashtable { get; set; }

    [Parameter]
    public SwitchParameter NoEnumerate { get; set; }

    protected override void ProcessRecord() => _text.AppendLine(InputObject);

    protected override void EndProcessing()
    {
        try
        {
            using var document = JsonDocument.Parse(
                _text.ToString(), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, MaxDepth = 1024 });
            WriteObject(Convert(document.RootElement), enumerateCollection: !NoEnumerate);
        }
        catch (JsonException exception)
        {
            var invalid = new ArgumentException($"Conversion from JSON failed with error: {exception.Message}", exception);
            ThrowTerminatingError(
                new ErrorRecord(invalid, "System.ArgumentException", ErrorCategory.InvalidArgument, targetObject: null));
        }
    }

    private object? Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => AsHashtable ? ConvertToTable(element) : ConvertToObject(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Convert).ToArray(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => ConvertNumber(element),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static object ConvertNumber(JsonElement element)
    {
        if (element.TryGetInt64(out long whole))
        {
            return whole;
        }

        return BigInteger.TryParse(element.GetRawText(), out BigInteger big) ? big : element.GetDouble();
    }

    private PSObject ConvertToObject(JsonElement element)
    {
        var result = new PSObject();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            result.Properties.Add(new PSNoteProperty(property.Name, Convert(property.Value)));
        }

        return result;
    }

    private OrderedDictionary<string, object?> ConvertToTable(JsonElement element)
    {
        var result = new OrderedDictionary<string, object?>();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            result[property.Name] = Convert(property.Value);
        }

        return result;
    }
}
