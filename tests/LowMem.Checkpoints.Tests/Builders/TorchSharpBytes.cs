using System.Text;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>The entries of TorchSharp's own files, as literal bytes.</summary>
internal static class TorchSharpBytes
{
    public const byte Float32 = 6;

    public static byte[] Entry(string name, byte type, byte[] shape, int length) => Entry(name, type, shape.Length, shape, length);

    public static byte[] Entry(string name, byte type, int[] shape, int length, byte[] encodedShape) =>
        Entry(name, type, shape.Length, encodedShape, length);

    public static byte[] Entry(string name, byte type, int dimensions, byte[] encodedShape, int length)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        return [(byte)text.Length, .. text, type, (byte)dimensions, .. encodedShape, .. new byte[length]];
    }
}
