using System.Text.Encodings.Web;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Verification;

/// <summary>
/// The JSON of a manifest: <c>{"manifest": 1, "format": ..., "files": [...], "tensors": [...]}</c>. What is read is not
/// trusted: it is bounded, and checked before it is compared with anything.
/// </summary>
internal static class ManifestJson
{
    private const int Version = 1;
    private const int MaxDepth = 8;

    /// <summary>The manifest of a million tensors is about 200 MB.</summary>
    private const long MaxLength = 512 << 20;

    private const int Sha256Digits = 64;

    public static void Write(CheckpointManifest manifest, Stream stream)
    {
        var options = new JsonWriterOptions
        {
            Indented = true,
            NewLine = "\n",
            // The file is JSON and nothing else; keys stay readable in it.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using var writer = new Utf8JsonWriter(stream, options);
        writer.WriteStartObject();
        writer.WriteNumber("manifest", Version);
        writer.WriteString("format", manifest.Format);
        writer.WriteStartArray("files");
        foreach (var file in manifest.Files)
        {
            writer.WriteStartObject();
            writer.WriteString("path", file.Path);
            writer.WriteNumber("length", file.Length);
            writer.WriteString("sha256", file.Sha256);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("tensors");
        foreach (var tensor in manifest.Tensors)
        {
            writer.WriteStartObject();
            writer.WriteString("key", tensor.Key);
            writer.WriteString("dtype", tensor.DType);
            // Raw, since an indented array would take a line for each dimension.
            writer.WritePropertyName("shape");
            writer.WriteRawValue($"[{string.Join(", ", tensor.Shape)}]");
            writer.WriteString("sha256", tensor.Sha256);
            writer.WriteEndObject();
            if (writer.BytesPending > 1 << 16)
            {
                writer.Flush();
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        stream.Write("\n"u8);
    }

    /// <exception cref="CheckpointException">The file is no manifest.</exception>
    public static CheckpointManifest Parse(RandomAccessSource file)
    {
        if (file.Length > MaxLength)
        {
            throw Invalid(file, $"it is {file.Length} bytes, more than the {MaxLength} read here");
        }

        try
        {
            using var document = JsonDocument.Parse(
                JsonText.ToUtf8(file.ReadRange(0, file.Length, "the manifest")), new JsonDocumentOptions { MaxDepth = MaxDepth });
            return Parse(file, document.RootElement);
        }
        catch (JsonException exception)
        {
            throw Invalid(file, exception.Message, exception);
        }
        catch (InvalidOperationException exception)
        {
            // Text that is no valid UTF-16 once it is unescaped.
            throw Invalid(file, exception.Message, exception);
        }
    }

    private static CheckpointManifest Parse(RandomAccessSource file, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("manifest", out var version)
            || version.ValueKind != JsonValueKind.Number)
        {
            throw Invalid(file, "it is no manifest of New-CheckpointManifest");
        }

        if (!version.TryGetInt32(out int number) || number != Version)
        {
            throw Invalid(file, $"its version is {DisplayText.Name(version.GetRawText())}, and only {Version} is read here");
        }

        var manifest = new CheckpointManifest
        {
            Format = GetText(file, root, "format"),
            Files = [.. GetItems(file, root, "files").Select(item => ParseFile(file, item))],
            Tensors = [.. GetItems(file, root, "tensors").Select(item => ParseTensor(file, item))],
        };
        if (manifest.Files.CountBy(item => item.Path, StringComparer.Ordinal).FirstOrDefault(item => item.Value > 1) is { Value: > 1 } twice)
        {
            throw Invalid(file, $"the file '{DisplayText.Name(twice.Key)}' stands there twice");
        }

        return manifest;
    }

    private static ManifestFile ParseFile(RandomAccessSource file, JsonElement item)
    {
        if (!item.TryGetProperty("length", out var length)
            || length.ValueKind != JsonValueKind.Number
            || !length.TryGetInt64(out long bytes)
            || bytes < 0)
        {
            throw Invalid(file, "a file has no length");
        }

        return new ManifestFile(
            GetText(file, item, "path"), bytes, GetHash(file, item) ?? throw Invalid(file, "a file has no hash"));
    }

    private static ManifestTensor ParseTensor(RandomAccessSource file, JsonElement item)
    {
        var shape = new List<long>();
        if (!item.TryGetProperty("shape", out var sizes) || sizes.ValueKind != JsonValueKind.Array)
        {
            throw Invalid(file, "a tensor has no shape");
        }

        foreach (var size in sizes.EnumerateArray())
        {
            shape.Add(size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out long count) && count >= 0
                ? count
                : throw Invalid(file, "the shape of a tensor holds something that is no size"));
        }

        return new ManifestTensor(GetText(file, item, "key"), GetText(file, item, "dtype"), shape, GetHash(file, item));
    }

    private static IEnumerable<JsonElement> GetItems(RandomAccessSource file, JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var items) || items.ValueKind != JsonValueKind.Array)
        {
            throw Invalid(file, $"it has no list '{name}'");
        }

        foreach (var item in items.EnumerateArray())
        {
            yield return item.ValueKind == JsonValueKind.Object
                ? item
                : throw Invalid(file, $"'{name}' holds something that is no object");
        }
    }

    private static string GetText(RandomAccessSource file, JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Invalid(file, $"an entry has no text '{name}'");

    private static string? GetHash(RandomAccessSource file, JsonElement item)
    {
        if (item.TryGetProperty("sha256", out var value))
        {
            if (value.ValueKind == JsonValueKind.Null)
            {
                return null;
            }

            if (value.ValueKind == JsonValueKind.String
                && value.GetString() is { Length: Sha256Digits } text
                && text.All(char.IsAsciiHexDigit))
            {
                return text.ToLowerInvariant();
            }
        }

        throw Invalid(file, $"an entry has no 'sha256' of {Sha256Digits} hexadecimal digits");
    }

    private static CheckpointException Invalid(RandomAccessSource file, string what, Exception? cause = null) =>
        new(CheckpointErrorIds.FormatInvalid, file.Name, $"broken manifest: {what}.", cause);
}
