using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Scaled;

/// <summary>What a <c>config.json</c> beside a checkpoint says of its scales (<c>quantization_config</c>), as far as it is asked.</summary>
/// <param name="Method">The name of the method, such as <c>fp8</c> or <c>mxfp4</c>; null when nothing is said.</param>
/// <param name="BlockSize">The rows and columns that share a scale; null when nothing is said.</param>
internal sealed record QuantizationConfig(string? Method, (long Rows, long Columns)? BlockSize)
{
    private const string Name = "config.json";

    /// <summary>Those of real models have a few kilobytes.</summary>
    private const int MostBytes = 4 << 20;

    public static QuantizationConfig None { get; } = new(null, null);

    /// <summary>Reads it; what is not there, cannot be read or is no such file says nothing.</summary>
    public static QuantizationConfig Read(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        if (checkpoint.Files is not [var file, ..] || file.Location.GetDirectory(file.Path) is not { } directory)
        {
            return None;
        }

        try
        {
            if (!file.Location.FileExists(file.Location.Combine(directory, Name)))
            {
                return None;
            }

            using var source = file.Location.OpenInside(directory, Name, cancellationToken);
            return source.Length > MostBytes ? None : Parse(source.ReadRange(0, source.Length, Name));
        }
        catch (CheckpointException)
        {
            return None;
        }
    }

    public static QuantizationConfig Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64 });
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } root
                || !root.TryGetProperty("quantization_config", out var config)
                || config.ValueKind != JsonValueKind.Object)
            {
                return None;
            }

            string? method = config.TryGetProperty("quant_method", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
            return new QuantizationConfig(method, ReadBlockSize(config));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return None;
        }
    }

    private static (long Rows, long Columns)? ReadBlockSize(JsonElement config) =>
        config.TryGetProperty("weight_block_size", out var size)
        && size.ValueKind == JsonValueKind.Array
        && size.GetArrayLength() == 2
        && size[0].ValueKind == JsonValueKind.Number
        && size[1].ValueKind == JsonValueKind.Number
        && size[0].TryGetInt64(out long rows)
        && size[1].TryGetInt64(out long columns)
        && rows > 0
        && columns > 0
            ? (rows, columns)
            : null;
}
