using System.Buffers.Binary;
using System.Text;
using LowMem.Checkpoints.Formats.Writing;

namespace LowMem.Checkpoints.Formats.Safetensors;

/// <summary>
/// A safetensors file as the reference implementation lays it out: the metadata, then the tensors by type, those of the widest
/// first, and by name; the header filled up with spaces so that the values begin at a multiple of 8.
/// </summary>
internal sealed class SafetensorsLayout : IFileLayout
{
    private const int LengthLength = 8;
    private const int Alignment = 8;

    private readonly byte[] header;
    private readonly long[] offsets;

    /// <param name="tensors">The tensors; the blob of each is its own.</param>
    /// <param name="metadata">The free-form texts.</param>
    public SafetensorsLayout(IReadOnlyList<WrittenTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        offsets = new long[tensors.Count];
        header = MakeHeader(tensors, metadata);
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] += header.Length;
        }
    }

    /// <inheritdoc/>
    public long Length { get; private set; }

    /// <inheritdoc/>
    public bool HasChecksums => false;

    /// <summary>The bytes of the header, without the length in front.</summary>
    public int HeaderLength => header.Length - LengthLength;

    /// <inheritdoc/>
    public long GetOffset(int blob) => offsets[blob];

    /// <inheritdoc/>
    public IEnumerable<(long Offset, ReadOnlyMemory<byte> Bytes)> GetFixedParts() => [(0, header)];

    /// <inheritdoc/>
    public IEnumerable<(long Offset, ReadOnlyMemory<byte> Bytes)> GetClosingParts(IReadOnlyList<uint> checksums) => [];

    private byte[] MakeHeader(IReadOnlyList<WrittenTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var text = new StringBuilder("{");
        if (metadata.Count > 0)
        {
            text.Append("\"__metadata__\":{");
            text.AppendJoin(',', metadata.OrderBy(item => item.Key, StringComparer.Ordinal).Select(item => $"{Quote(item.Key)}:{Quote(item.Value)}"));
            text.Append('}');
        }

        long end = 0;
        foreach (var tensor in tensors
            .OrderByDescending(tensor => SafetensorsDTypes.GetRank(tensor.Type))
            .ThenBy(tensor => Encoding.UTF8.GetBytes(tensor.Key), Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right))))
        {
            long start = end;
            end = checked(end + tensor.Type.GetByteLength(StridedLayout.CountElements(tensor.Shape)));
            offsets[tensor.Blob] = start;
            text.Append(text.Length > 1 ? "," : string.Empty)
                .Append(Quote(tensor.Key))
                .Append(":{\"dtype\":\"").Append(SafetensorsDTypes.FindCode(tensor.Type))
                .Append("\",\"shape\":[").AppendJoin(',', tensor.Shape)
                .Append("],\"data_offsets\":[").Append(start).Append(',').Append(end).Append("]}");
        }

        byte[] json = Encoding.UTF8.GetBytes(text.Append('}').ToString());
        byte[] bytes = new byte[LengthLength + ((json.Length + Alignment - 1) / Alignment * Alignment)];
        bytes.AsSpan(LengthLength + json.Length).Fill((byte)' ');
        json.CopyTo(bytes, LengthLength);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, bytes.Length - LengthLength);
        Length = checked(bytes.Length + end);
        return bytes;
    }

    /// <summary>A JSON string as serde_json writes it: only what must be is escaped.</summary>
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (char character in text)
        {
            _ = character switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                < ' ' => quoted.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => quoted.Append(character),
            };
        }

        return quoted.Append('"').ToString();
    }
}
