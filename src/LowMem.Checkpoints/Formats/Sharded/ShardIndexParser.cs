using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Foreign;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Sharded;

/// <summary>Parses <c>{"metadata": {...}, "weight_map": {key: file}}</c>.</summary>
internal static class ShardIndexParser
{
    /// <summary>The index of a model of a million tensors is about 100 MB.</summary>
    private const long MaxLength = 128 << 20;

    public static ShardIndex Parse(RandomAccessSource file)
    {
        if (file.Length > MaxLength)
        {
            throw Invalid(file, $"it is {file.Length} bytes, more than the {MaxLength} read here");
        }

        try
        {
            using var document = JsonDocument.Parse(
                JsonText.ToUtf8(file.ReadRange(0, file.Length, "the shard index")), new JsonDocumentOptions { MaxDepth = 32 });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out var map)
                || map.ValueKind != JsonValueKind.Object)
            {
                string error = ForeignText.FindError(document.RootElement) is { } said ? $". It is JSON of a server, {said}" : string.Empty;
                throw Invalid(file, $"it has no object 'weight_map'{error}");
            }

            return new ShardIndex(ReadWeightMap(file, map), ReadMetadata(document.RootElement));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Text that is no UTF-8, or half a surrogate, is only noticed when it is read: an InvalidOperationException.
            throw Invalid(file, exception.Message, exception);
        }
    }

    private static OrderedDictionary<string, string> ReadWeightMap(RandomAccessSource file, JsonElement map)
    {
        var weights = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in map.EnumerateObject())
        {
            string key = property.Name;
            string shard = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : string.Empty;
            if (!RelativePaths.IsInside(shard))
            {
                throw Invalid(
                    file,
                    $"key '{DisplayText.Name(key)}' names the shard '{DisplayText.Name(shard)}', which is no file beside the index");
            }

            if (!weights.TryAdd(key, shard))
            {
                throw Invalid(file, $"the key '{DisplayText.Name(key)}' stands there twice");
            }
        }

        return weights;
    }

    private static OrderedDictionary<string, string> ReadMetadata(JsonElement root)
    {
        var metadata = new OrderedDictionary<string, string>();
        if (root.TryGetProperty("metadata", out var element) && element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                metadata[property.Name] = property.Value.ValueKind == JsonValueKind.String
                    ? property.Value.GetString()!
                    : property.Value.GetRawText();
            }
        }

        return metadata;
    }

    private static CheckpointException Invalid(RandomAccessSource file, string what, Exception? cause = null) =>
        new(CheckpointErrorIds.FormatInvalid, file.Name, $"broken shard index: {what}.", cause);
}

/// <summary>What a <c>*.index.json</c> says: which shard holds which key.</summary>
/// <param name="WeightMap">The shard's file name of each key, in the order of the file.</param>
/// <param name="Metadata">The free-form metadata, values as text.</param>
internal sealed record ShardIndex(
    IReadOnlyDictionary<string, string> WeightMap, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The shards, each once, by name: that is the order in which they were written.</summary>
    public IReadOnlyList<string> Shards { get; } = [.. WeightMap.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The keys of each shard.</summary>
    public ILookup<string, string> KeysByShard { get; } =
        WeightMap.ToLookup(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
}
