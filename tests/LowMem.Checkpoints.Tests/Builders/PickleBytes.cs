using System.Buffers.Binary;
using System.Text;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>The opcodes that tests put pickles together from, as literal bytes.</summary>
internal static class PickleBytes
{
    public static byte[] Proto(byte version) => [0x80, version];

    public static byte[] Global(string module, string name) => Ascii($"c{module}\n{name}\n");

    public static byte[] StackGlobal(string module, string name) => [.. Text(module), .. Text(name), 0x93];

    public static byte[] Inst(string module, string name) => Ascii($"i{module}\n{name}\n");

    public static byte[] Text(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        return [(byte)'X', .. UInt32(bytes.Length), .. bytes];
    }

    public static byte[] Bytes(byte[] value) => [(byte)'B', .. UInt32(value.Length), .. value];

    public static byte[] Int(long value) => [0x8a, 8, .. Number(value)];

    /// <summary>A number between pickles.</summary>
    public static byte[] Number(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] Tuple(params byte[][] items) => [(byte)'(', .. items.SelectMany(item => item), (byte)'t'];

    public static byte[] Ints(params long[] values) => Tuple([.. values.Select(Int)]);

    public static byte[] Dict(params (string Key, byte[] Value)[] items) =>
        [(byte)'}', (byte)'(', .. items.SelectMany(item => Text(item.Key).Concat(item.Value)), (byte)'u'];

    public static byte[] UInt32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] Ascii(string value) => Encoding.ASCII.GetBytes(value);

    public static byte[] Repeat(byte[] part, int count)
    {
        var all = new byte[part.Length * count];
        for (int i = 0; i < count; i++)
        {
            part.CopyTo(all, i * part.Length);
        }

        return all;
    }

    /// <summary>A call with one text argument, and STOP: what the attacks of the textbooks look like.</summary>
    public static byte[] Call(string module, string name, string argument = "true") =>
        [.. Proto(2), .. Global(module, name), .. Text(argument), 0x85, (byte)'R', (byte)'.'];
}
