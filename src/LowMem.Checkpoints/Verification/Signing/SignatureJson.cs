using System.Text.Json;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Reads members of JSON that somebody else wrote: what is of another type is a fault, never an exception of the parser.</summary>
internal static class SignatureJson
{
    private static readonly JsonDocumentOptions Options = new()
    {
        MaxDepth = 32,
        // Two readers of one text must not see two things.
        AllowDuplicateProperties = false,
    };

    /// <param name="json">UTF-8 with or without a byte order mark, or UTF-16, as editors write it.</param>
    /// <param name="what">The name of the whole, for the message.</param>
    /// <exception cref="SignatureFault">It is no JSON object.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json, string what)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(JsonText.ToUtf8(json), Options);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw SignatureFault.Invalid($"{what} is no sound JSON", exception);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        throw SignatureFault.Invalid($"{what} is no JSON object");
    }

    /// <summary>A member; null when it is absent or JSON's null.</summary>
    public static JsonElement? Find(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out var value)
        && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    public static JsonElement Get(this JsonElement element, string name, JsonValueKind kind) =>
        element.Find(name) is { } value && value.ValueKind == kind
            ? value
            : throw SignatureFault.Invalid($"'{name}' is missing or is no {Describe(kind)}");

    public static string GetText(this JsonElement element, string name) => Text(element.Get(name, JsonValueKind.String), name);

    /// <summary>A text; null when it is absent, empty or JSON's null.</summary>
    public static string? FindText(this JsonElement element, string name) =>
        element.Find(name) is { ValueKind: JsonValueKind.String } value && Text(value, name) is { Length: > 0 } text ? text : null;

    public static byte[] GetBytes(this JsonElement element, string name)
    {
        if (element.Get(name, JsonValueKind.String) is var value && TryGetBytes(value, out var bytes))
        {
            return bytes;
        }

        throw SignatureFault.Invalid($"'{name}' is no base64");
    }

    /// <summary>A number that JSON of protocol buffers may also write as text.</summary>
    public static long GetNumber(this JsonElement element, string name) => element.Find(name) switch
    {
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out long number) => number,
        // Struct of protocol buffers knows no integers.
        { ValueKind: JsonValueKind.Number } value when value.TryGetDecimal(out decimal number)
            && decimal.IsInteger(number) && number is >= long.MinValue and <= long.MaxValue => (long)number,
        { ValueKind: JsonValueKind.String } value when long.TryParse(
            Text(value, name),
            System.Globalization.NumberStyles.AllowLeadingSign,
            System.Globalization.CultureInfo.InvariantCulture,
            out long number) => number,
        _ => throw SignatureFault.Invalid($"'{name}' is missing or is no whole number"),
    };

    public static IReadOnlyList<JsonElement> GetItems(this JsonElement element, string name, int most)
    {
        var array = element.Get(name, JsonValueKind.Array);
        return array.GetArrayLength() <= most
            ? [.. array.EnumerateArray()]
            : throw SignatureFault.Invalid($"'{name}' has {array.GetArrayLength()} items, more than the {most} that are read");
    }

    public static string Text(JsonElement value, string name)
    {
        try
        {
            return value.GetString() ?? string.Empty;
        }
        catch (InvalidOperationException exception)
        {
            // Half a surrogate, or bytes that are no UTF-8.
            throw SignatureFault.Invalid($"'{name}' is no sound text", exception);
        }
    }

    private static bool TryGetBytes(JsonElement value, out byte[] bytes)
    {
        try
        {
            return value.TryGetBytesFromBase64(out bytes!);
        }
        catch (InvalidOperationException)
        {
            bytes = [];
            return false;
        }
    }

    private static string Describe(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "list",
        JsonValueKind.String => "text",
        _ => "number",
    };
}
