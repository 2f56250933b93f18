using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>Puts a safetensors file together from tensors given as the numbers in them.</summary>
internal sealed class SafetensorsBytes
{
    private readonly Dictionary<string, object> header = [];
    private readonly List<byte> data = [];

    public static byte[] One(string key, params float[] values) => new SafetensorsBytes().Add(key, values).Build();

    public SafetensorsBytes Add(string key, params float[] values) => Add(key, "F32", values);

    public SafetensorsBytes Add<T>(string key, string dtype, T[] values)
        where T : struct => Add(key, dtype, [values.Length], values);

    /// <summary>A tensor of several dimensions.</summary>
    public SafetensorsBytes Add<T>(string key, string dtype, long[] shape, T[] values)
        where T : struct
    {
        var bytes = MemoryMarshal.AsBytes<T>(values);
        header.Add(key, new { dtype, shape, data_offsets = new[] { data.Count, data.Count + bytes.Length } });
        data.AddRange(bytes);
        return this;
    }

    public byte[] Build() => File(JsonSerializer.Serialize(header), [.. data]);

    /// <summary>A file with that header, whatever it says, and that data.</summary>
    public static byte[] File(string header, params byte[] data)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        return [.. length, .. text, .. data];
    }
}
