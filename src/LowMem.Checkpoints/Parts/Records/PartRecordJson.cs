using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using LowMem.Checkpoints.Values.Division;

namespace LowMem.Checkpoints.Parts.Records;

/// <summary>
/// A record as text: one line of JSON in ASCII behind its own digest, which survives whatever carries it: files, JSON and XML of
/// PowerShell, remoting of any depth.
/// </summary>
internal static class PartRecordJson
{
    /// <summary>How every such text begins.</summary>
    public const string Start = "lowmem-part:";

    private const int DigestLength = 64;

    /// <summary>No list is longer; what is said of it is bounded by that.</summary>
    private const int MostCheckpoints = 10_000_000;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        IgnoreReadOnlyProperties = true,
        RespectNullableAnnotations = true,
        MaxDepth = 16,
        Converters = { new AnyTextConverter() },
    };

    /// <summary>The text of a record.</summary>
    public static string Write(PartRecord record)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(record, Options);
        return $"{Start}{Convert.ToHexStringLower(SHA256.HashData(json))}:{Encoding.ASCII.GetString(json)}";
    }

    /// <summary>The record of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <returns>Null when it is none.</returns>
    public static PartRecord? TryRead(string text, out string? problem)
    {
        text = text.Trim();
        int json = Start.Length + DigestLength;
        if (!text.StartsWith(Start, StringComparison.Ordinal) || text.Length <= json || text[json] != ':')
        {
            problem = "it is no record of a part";
            return null;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text[(json + 1)..]);
        if (!string.Equals(Convert.ToHexStringLower(SHA256.HashData(bytes)), text[Start.Length..json], StringComparison.OrdinalIgnoreCase))
        {
            problem = "it was cut or changed since it was written";
            return null;
        }

        try
        {
            var record = JsonSerializer.Deserialize<PartRecord>(bytes, Options);
            problem = record switch
            {
                null => "it is no record of a part",
                { LowmemPart: not PartRecord.CurrentVersion } => $"its version is {record.LowmemPart}, and only {PartRecord.CurrentVersion} is read here",
                { Part: < 1 } or { Count: > PartNumber.MostParts } or { ListCount: < 0 or > MostCheckpoints } => "it has an impossible number",
                _ when record.Part > record.Count || record.Items.Exists(item => item.Index < 0 || item.Index >= record.ListCount) => "it has an impossible number",
                _ => null,
            };
            return problem is null ? record : null;
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or NotSupportedException)
        {
            problem = exception.Message;
            return null;
        }
    }

    /// <summary>Keys may be no valid Unicode, which JSON cannot hold as text: these are arrays of one text, in Base64.</summary>
    private sealed class AnyTextConverter : JsonConverter<string>
    {
        public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                return reader.GetString()!;
            }

            byte[] bytes = reader.Read() && reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out byte[]? found) && found.Length % 2 == 0
                ? found
                : throw new JsonException("a text is none");
            return reader.Read() && reader.TokenType == JsonTokenType.EndArray
                ? string.Create(bytes.Length / 2, bytes, static (text, utf16) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, char>(utf16).CopyTo(text))
                : throw new JsonException("a text is none");
        }

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
        {
            if (value.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0 || IsWellFormed(value))
            {
                writer.WriteStringValue(value);
                return;
            }

            writer.WriteStartArray();
            writer.WriteBase64StringValue(System.Runtime.InteropServices.MemoryMarshal.AsBytes(value.AsSpan()));
            writer.WriteEndArray();
        }

        public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);

        public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString()!;

        private static bool IsWellFormed(string text)
        {
            for (var rest = text.AsSpan(); !rest.IsEmpty;)
            {
                if (Rune.DecodeFromUtf16(rest, out _, out int length) != System.Buffers.OperationStatus.Done)
                {
                    return false;
                }

                rest = rest[length..];
            }

            return true;
        }
    }
}
