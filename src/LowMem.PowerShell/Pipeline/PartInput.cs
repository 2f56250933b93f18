using System.Collections;
using System.Management.Automation;
using System.Text.Json;
using System.Xml;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Sources;

namespace LowMem.PowerShell.Pipeline;

/// <summary>
/// Finds the records of parts in what is given: parts, copies of them from a job or another machine, and files: the record itself,
/// JSON of ConvertTo-Json, one object or many, or the XML of Export-Clixml.
/// </summary>
internal static class PartInput
{
    private const string Property = nameof(CheckpointPart.Record);
    private const string Start = "lowmem-part:";
    private const long MaxLength = 1L << 30;

    /// <summary>Whether a text is a record, and no path.</summary>
    public static bool IsRecord(string text) => text.StartsWith(Start, StringComparison.Ordinal);

    /// <summary>The record of an object; null when it has none.</summary>
    public static string? Find(PSObject input) =>
        input.BaseObject is CheckpointPart part ? part.Record : Unwrap(input.Properties[Property]?.Value) as string ?? (input.BaseObject is IDictionary table ? table[Property] as string : null);

    /// <summary>The records in a file.</summary>
    /// <param name="path">A full path.</param>
    /// <exception cref="CheckpointException">The file cannot be read, or there is none in it.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        string text = ReadText(path);
        List<string> records;
        try
        {
            records = text.TrimStart() switch
            {
                ['<', ..] => [.. FromXml(text)],
                ['{' or '[', ..] => FromJson(text),
                _ => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(IsRecord)],
            };
        }
        catch (Exception exception) when (exception is JsonException or XmlException or PSArgumentException or InvalidOperationException or System.Runtime.Serialization.SerializationException)
        {
            throw new CheckpointException(CheckpointErrorIds.PartInvalid, path, $"this file holds no part that can be read: {exception.Message}", exception);
        }

        return records.Count > 0
            ? records
            : throw new CheckpointException(
                CheckpointErrorIds.PartInvalid, path, "this file holds no part. Write one with ConvertTo-Json, Export-Clixml, or its Record with Set-Content.");
    }

    private static string ReadText(string path)
    {
        using var source = CheckpointLocation.Local.Open(path);
        if (source.Length > MaxLength)
        {
            throw new CheckpointException(CheckpointErrorIds.PartInvalid, path, $"the file has {source.Length} bytes, and a part has no more than {MaxLength}.");
        }

        // Windows PowerShell redirects output into UTF-16, and editors put a mark in front of UTF-8.
        using var reader = new StreamReader(
            new MemoryStream(source.ReadRange(0, source.Length, "the part")), System.Text.Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd();
    }

    private static IEnumerable<string> FromXml(string text)
    {
        object? content = PSSerializer.Deserialize(text);
        foreach (object? item in Unwrap(content) is IEnumerable list and not string and not IDictionary ? list : new[] { content })
        {
            if (item is string record && IsRecord(record))
            {
                yield return record;
            }
            else if (item is not null && Find(PSObject.AsPSObject(item)) is { } found)
            {
                yield return found;
            }
        }
    }

    /// <summary>One object, an array, or one object behind the other.</summary>
    private static List<string> FromJson(string text)
    {
        var found = new List<string>();
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(text), new JsonReaderOptions { AllowMultipleValues = true, CommentHandling = JsonCommentHandling.Skip });
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(Property) && reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                found.Add(reader.GetString()!);
            }
        }

        return found;
    }

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
