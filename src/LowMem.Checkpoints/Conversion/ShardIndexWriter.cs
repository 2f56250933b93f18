using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LowMem.Checkpoints.Conversion;

/// <summary>Writes <c>*.index.json</c>.</summary>
internal static class ShardIndexWriter
{
    /// <param name="totalSize">The bytes of all tensors.</param>
    /// <param name="texts">What else is said of the whole.</param>
    /// <param name="files">The file of each key.</param>
    public static byte[] Write(long totalSize, IReadOnlyDictionary<string, string> texts, IEnumerable<KeyValuePair<string, string>> files)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("metadata");
            writer.WriteNumber("total_size", totalSize);
            foreach (var (name, text) in texts.Where(item => item.Key != "total_size").OrderBy(item => item.Key, StringComparer.Ordinal))
            {
                writer.WriteString(name, text);
            }

            writer.WriteEndObject();
            writer.WriteStartObject("weight_map");
            foreach (var (key, file) in files.OrderBy(item => item.Key, StringComparer.Ordinal))
            {
                writer.WriteString(key, file);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }
}
