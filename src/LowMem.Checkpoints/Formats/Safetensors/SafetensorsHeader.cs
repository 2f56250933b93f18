using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Formats.Safetensors;

/// <summary>Parses the JSON header. Duplicate keys are an error, as in the reference implementation.</summary>
internal sealed class SafetensorsHeader
{
    /// <summary>How deep a field that is passed over may be nested; the limit of the reference implementation's parser.</summary>
    private const int MaxDepth = 128;

    private readonly string path;

    private SafetensorsHeader(string path) => this.path = path;

    public List<SafetensorsEntry> Entries { get; } = [];

    public OrderedDictionary<string, string> Metadata { get; } = [];

    /// <exception cref="CheckpointException">The header is no JSON, or not that of safetensors.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, string path, CancellationToken cancellationToken)
    {
        var header = new SafetensorsHeader(path);
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            header.Read(ref reader, cancellationToken);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, path, $"the safetensors header is not valid JSON: {exception.Message}", exception)
            {
                Offset = 8,
            };
        }

        return header;
    }

    private void Read(ref Utf8JsonReader reader, CancellationToken cancellationToken)
    {
        Expect(ref reader, JsonTokenType.StartObject, "the header");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if ((seen.Count & 0xfff) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            string key = reader.GetString()!;
            if (!seen.Add(key))
            {
                throw Invalid($"the key '{DisplayText.Name(key)}' stands there twice");
            }

            if (key == "__metadata__")
            {
                ReadMetadata(ref reader);
            }
            else
            {
                Entries.Add(ReadEntry(ref reader, key));
            }
        }

        // Only white space may follow: writers pad the header with it.
        _ = reader.Read();
    }

    /// <summary>Null is as good as nothing, as in the reference implementation.</summary>
    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.Read() && reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        Require(ref reader, JsonTokenType.StartObject, "__metadata__");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String, $"__metadata__ '{DisplayText.Name(name)}'");
            if (!Metadata.TryAdd(name, reader.GetString()!))
            {
                throw Invalid($"the metadata '{DisplayText.Name(name)}' stands there twice");
            }
        }
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string key)
    {
        string shown = DisplayText.Name(key);
        Expect(ref reader, JsonTokenType.StartObject, $"tensor '{shown}'");
        DType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            switch (name)
            {
                case "dtype" when type is null:
                    Expect(ref reader, JsonTokenType.String, $"the dtype of '{shown}'");
                    string code = reader.GetString()!;
                    type = SafetensorsDTypes.Find(code)
                        ?? throw Invalid($"tensor '{shown}' has the unknown dtype '{DisplayText.Name(code)}'");
                    break;
                case "shape" when shape is null:
                    shape = ReadLongs(ref reader, $"the shape of '{shown}'");
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadLongs(ref reader, $"the data_offsets of '{shown}'");
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Invalid($"tensor '{shown}' has the field '{name}' twice");
                default:
                    // The reference implementation passes over it, so that a later version can add one.
                    _ = reader.Read();
                    reader.Skip();
                    break;
            }
        }

        if (shape?.Length > StridedLayout.MaxDimensions)
        {
            throw Invalid($"tensor '{shown}' has {shape.Length} dimensions");
        }

        if (type is null || shape is null || offsets is not [var begin, var end])
        {
            throw Invalid($"tensor '{shown}' needs dtype, shape and two data_offsets");
        }

        return new SafetensorsEntry(key, type, shape, begin, end);
    }

    private long[] ReadLongs(ref Utf8JsonReader reader, string what)
    {
        Expect(ref reader, JsonTokenType.StartArray, what);
        var values = new List<long>();
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            if (!reader.TryGetInt64(out long value) || value < 0)
            {
                throw Invalid($"{what} holds something that is no count from 0 up");
            }

            values.Add(value);
        }

        return reader.TokenType == JsonTokenType.EndArray ? [.. values] : throw Invalid($"{what} is no list of numbers");
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        _ = reader.Read();
        Require(ref reader, type, what);
    }

    private void Require(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type)
        {
            throw Invalid($"{what} should be a JSON {type}");
        }
    }

    private CheckpointException Invalid(string what) =>
        new(CheckpointErrorIds.FormatInvalid, path, $"broken safetensors header: {what}.") { Offset = 8 };
}

/// <summary>One tensor of a safetensors header.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">The size of each dimension.</param>
/// <param name="Begin">Where its bytes begin, from the end of the header.</param>
/// <param name="End">Where they end.</param>
internal sealed record SafetensorsEntry(string Key, DType Type, long[] Shape, long Begin, long End);
