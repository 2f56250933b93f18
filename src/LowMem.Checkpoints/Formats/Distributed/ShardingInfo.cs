using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>
/// Where the tensors of one safetensors file start in their wholes: <c>{key: {"saved_offsets": [...]}}</c>, a text in the
/// metadata of the file (torch/distributed/checkpoint/hf_storage.py).
/// </summary>
internal static class ShardingInfo
{
    /// <summary>The name of the text in the metadata.</summary>
    public const string MetadataKey = "DCP_SHARDING_INFO";

    private const string Offsets = "saved_offsets";
    private const int MaxDepth = 16;

    /// <summary>The offsets of each tensor.</summary>
    /// <exception cref="JsonException">It is no such text.</exception>
    public static Dictionary<string, long[]> Parse(string text)
    {
        var offsets = new Dictionary<string, long[]>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new JsonException("it is no object");
            }

            foreach (var property in document.RootElement.EnumerateObject())
            {
                offsets.Add(property.Name, ReadOffsets(property));
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // Text that is half a surrogate.
            throw new JsonException(exception.Message, exception);
        }

        return offsets;
    }

    private static long[] ReadOffsets(JsonProperty property)
    {
        if (property.Value.ValueKind != JsonValueKind.Object
            || !property.Value.TryGetProperty(Offsets, out var list)
            || list.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException($"'{DisplayText.Name(property.Name)}' has no list '{Offsets}'");
        }

        return [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long offset) && offset >= 0
            ? offset
            : throw new JsonException($"'{DisplayText.Name(property.Name)}' has an offset that is no count from 0 up"))];
    }
}
