using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Exported;

/// <summary>
/// Parses what names the weights of an exported program: <c>{"config": {key: PayloadMeta}}</c> of torch/_export/serde/schema.py, and
/// <c>{key: [record, shape, stride, offset]}</c> of compiled ones (torch/export/pt2_archive/_package.py).
/// </summary>
internal static class PayloadConfig
{
    /// <summary>The number of the layout <c>Strided</c>.</summary>
    private const long Strided = 7;

    private const int MaxDepth = 64;

    /// <exception cref="JsonException">It is no such JSON.</exception>
    public static List<Payload> Parse(ReadOnlyMemory<byte> json) => Read(json, root =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.Object
            ? config
            : throw new JsonException("it has no object 'config'"), ParseEntry);

    /// <inheritdoc cref="Parse"/>
    public static List<Payload> ParseCompiled(ReadOnlyMemory<byte> json) => Read(json, root => root.ValueKind == JsonValueKind.Object
        ? root
        : throw new JsonException("it is no object"), ParseCompiledEntry);

    private static List<Payload> Read(
        ReadOnlyMemory<byte> json, Func<JsonElement, JsonElement> find, Func<string, JsonElement, Payload> parse)
    {
        try
        {
            using var document = JsonDocument.Parse(
                JsonText.ToUtf8(json), new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            return [.. find(document.RootElement).EnumerateObject().Select(property => parse(property.Name, property.Value))];
        }
        catch (InvalidOperationException exception)
        {
            // Text that is half a surrogate is only noticed when it is read.
            throw new JsonException(exception.Message, exception);
        }
    }

    private static Payload ParseEntry(string key, JsonElement entry)
    {
        string shown = DisplayText.Name(key);
        if (entry.ValueKind != JsonValueKind.Object
            || !entry.TryGetProperty("path_name", out var path)
            || path.ValueKind != JsonValueKind.String
            || !entry.TryGetProperty("use_pickle", out var pickled)
            || pickled.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw new JsonException($"'{shown}' needs a path_name and use_pickle");
        }

        var payload = new Payload(key, path.GetString()!, pickled.GetBoolean(), null);
        return payload.IsPickled
            ? payload
            : entry.TryGetProperty("tensor_meta", out var meta) && meta.ValueKind == JsonValueKind.Object
                ? WithMeta(payload, meta)
                : payload with { Problem = "nothing says what tensor it is" };
    }

    private static Payload WithMeta(Payload payload, JsonElement meta)
    {
        if (Number(meta, "dtype") is not { } code || ScalarTypes.Find(code) is not { } type)
        {
            return payload with { Problem = "its element type is not known" };
        }

        if (Sizes(meta, "sizes") is not { } shape || Sizes(meta, "strides") is not { } stride || Count(meta, "storage_offset") is not { } offset)
        {
            return payload with { Problem = "its sizes, strides or offset are no counts from 0 up" };
        }

        if (shape.Length > StridedLayout.MaxDimensions)
        {
            return payload with { Problem = $"it has {shape.Length} dimensions" };
        }

        return payload with
        {
            Tensor = new TensorDescription
            {
                Type = type,
                Shape = shape,
                Stride = stride,
                StorageOffset = offset,
                RequiresGrad = meta.TryGetProperty("requires_grad", out var flag) && flag.ValueKind == JsonValueKind.True,
                UnreadableReason = Number(meta, "layout") is null or Strided ? null : "its layout is not strided",
            },
        };
    }

    private static Payload ParseCompiledEntry(string key, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 4 || entry[0].ValueKind != JsonValueKind.String)
        {
            throw new JsonException($"'{DisplayText.Name(key)}' is not [record, shape, stride, offset]");
        }

        var payload = new Payload(key, entry[0].GetString()!, IsPickled: true, null);
        return Sizes(entry[1]) is { Length: <= StridedLayout.MaxDimensions } shape && Sizes(entry[2]) is { } stride && Count(entry[3]) is { } offset
            ? payload with { Tensor = new TensorDescription { Type = null, Shape = shape, Stride = stride, StorageOffset = offset } }
            : payload with { Problem = "its sizes, strides or offset are no counts from 0 up" };
    }

    private static long? Number(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : null;

    private static long[]? Sizes(JsonElement owner, string name) => owner.TryGetProperty(name, out var sizes) ? Sizes(sizes) : null;

    private static long[]? Sizes(JsonElement sizes)
    {
        if (sizes.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var values = new long[sizes.GetArrayLength()];
        int index = 0;
        foreach (var size in sizes.EnumerateArray())
        {
            if (Count(size) is not { } value)
            {
                return null;
            }

            values[index++] = value;
        }

        return values;
    }

    private static long? Count(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) ? Count(value) : null;

    /// <summary>A number, <c>{"as_int": n}</c>, or <c>{"as_expr": {"hint": {"as_int": n}}}</c> of a size that may vary.</summary>
    private static long? Count(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("as_expr", out var expression)
            && expression.ValueKind == JsonValueKind.Object && expression.TryGetProperty("hint", out var hint))
        {
            value = hint;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            return Number(value, "as_int") is >= 0 and var count ? count : null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= 0 ? number : null;
    }
}

/// <summary>What the configuration of an exported program says about one weight or constant: <c>PayloadMeta</c>.</summary>
/// <param name="Key">Its fully qualified name.</param>
/// <param name="Record">The name of its record in the folder of weights or constants.</param>
/// <param name="IsPickled">Whether the record is a file of <c>torch.save</c> or a pickle, not mere elements.</param>
/// <param name="Tensor">What it is; null when the record says so itself, or it is no tensor.</param>
internal sealed record Payload(string Key, string Record, bool IsPickled, TensorDescription? Tensor)
{
    /// <summary>What is wrong with the description, or null.</summary>
    public string? Problem { get; init; }
}
