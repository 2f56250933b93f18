using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>
/// ConvertTo-Json: -InputObject, -Depth, -Compress, -AsArray. What lies deeper than -Depth becomes its text, with a
/// warning.
/// </summary>
[Cmdlet(VerbsData.ConvertTo, "Json")]
public sealed class ConvertToJsonCommand : PSCmdlet
{
    private readonly List<object?> _input = [];
    private bool _cutOff;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowNull]
    public object? InputObject { get; set; }

    [Parameter]
    [ValidateRange(0, 100)]
    public int Depth { get; set; } = 2;

    [Parameter]
    public SwitchParameter Compress { get; set; }

    [Parameter]
    public SwitchParameter AsArray { get; set; }

    protected override void ProcessRecord() => _input.Add(InputObject);

    protected override void EndProcessing()
    {
        var options = new JsonWriterOptions
        {
            Indented = !Compress,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            NewLine = Environment.NewLine,
        };
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            // An array of the pipeline is a level of its own only when it is written as one.
            object? value = _input.Count == 1 && !AsArray ? _input[0] : _input;
            Write(writer, value, Depth);
        }

        if (_cutOff)
        {
            WriteWarning($"Resulting JSON is truncated as serialization has exceeded the set depth of {Depth}.");
        }

        WriteObject(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private void Write(Utf8JsonWriter writer, object? item, int depth)
    {
        object? value = item is PSObject wrapped ? wrapped.BaseObject : item;
        if (value is null or DBNull)
        {
            writer.WriteNullValue();
        }
        else if (!TryWriteScalar(writer, value))
        {
            if (depth < 0)
            {
                _cutOff = true;
                writer.WriteStringValue(LanguagePrimitives.ConvertTo<string>(item));
                return;
            }

            WriteContainer(writer, item!, value, depth);
        }
    }

    private static bool TryWriteScalar(Utf8JsonWriter writer, object value)
    {
        switch (value)
        {
            case bool flag:
                writer.WriteBooleanValue(flag);
                return true;
            case double or float when !double.IsFinite(Convert.ToDouble(value, CultureInfo.InvariantCulture)):
                writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                return true;
            case double number:
                writer.WriteRawValue(WithPoint(number.ToString("R", CultureInfo.InvariantCulture)));
                return true;
            case float number:
                writer.WriteRawValue(WithPoint(number.ToString("R", CultureInfo.InvariantCulture)));
                return true;
            case Enum constant:
                writer.WriteRawValue(constant.ToString("D"));
                return true;
            case sbyte or byte or short or ushort or int or uint or long or ulong or decimal or BigInteger:
                writer.WriteRawValue(Convert.ToString(value, CultureInfo.InvariantCulture)!);
                return true;
            case DateTime time:
                writer.WriteStringValue(time);
                return true;
            case DateTimeOffset time:
                writer.WriteStringValue(time);
                return true;
            case string or char or Guid or Uri or Version:
                writer.WriteStringValue(value.ToString());
                return true;
            default:
                return false;
        }
    }

    /// <summary>A number with a fraction part stays one when it is read again.</summary>
    private static string WithPoint(string number) => number.AsSpan().IndexOfAny('.', 'E') < 0 ? number + ".0" : number;

    private void WriteContainer(Utf8JsonWriter writer, object item, object value, int depth)
    {
        switch (value)
        {
            case IDictionary dictionary:
                writer.WriteStartObject();
                foreach (DictionaryEntry entry in dictionary)
                {
                    writer.WritePropertyName(entry.Key.ToString()!);
                    Write(writer, entry.Value, depth - 1);
                }

                writer.WriteEndObject();
                break;
            case IEnumerable items:
                writer.WriteStartArray();
                foreach (object? element in items)
                {
                    Write(writer, element, depth - 1);
                }

                writer.WriteEndArray();
                break;
            default:
                writer.WriteStartObject();
                foreach (PSPropertyInfo property in PSObject.AsPSObject(item).Properties.Where(info => info.IsGettable))
                {
                    writer.WritePropertyName(property.Name);
                    Write(writer, property.Value, depth - 1);
                }

                writer.WriteEndObject();
                break;
        }
    }
}
