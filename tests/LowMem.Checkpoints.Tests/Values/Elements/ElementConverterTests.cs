using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Tests.Values.Elements;

/// <summary>Conversions give what PyTorch gives, by the digests in elements.json; see make_elements.py beside it.</summary>
public sealed class ElementConverterTests
{
    private static readonly JsonElement Digests = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(FixtureFiles.Directory, "elements.json"))).RootElement;
    private static readonly int Count = Digests.GetProperty("count").GetInt32();

    [Theory]
    [InlineData("float16", 16)]
    [InlineData("bfloat16", 16)]
    public void ReadsEveryCodeOf16Bits(string type, int bits)
    {
        byte[] codes = MemoryMarshal.AsBytes<ushort>([.. Enumerable.Range(0, 1 << bits).Select(code => (ushort)code)]).ToArray();

        Assert.Equal(Expected("read", type), DigestOf(ToSingle(type, codes)));
        Assert.Equal(Expected("read", type + " as float64"), DigestOf(ToDouble(type, codes)));
    }

    [Theory]
    [InlineData("float8_e5m2")]
    [InlineData("float8_e4m3fn")]
    [InlineData("float8_e5m2fnuz")]
    [InlineData("float8_e4m3fnuz")]
    public void ReadsEveryCodeOf8Bits(string type) =>
        Assert.Equal(Expected("read", type), DigestOf(ToSingle(type, [.. Enumerable.Range(0, 256).Select(code => (byte)code)])));

    [Theory]
    [InlineData("float6_e2m3fn", 6)]
    [InlineData("float6_e3m2fn", 6)]
    [InlineData("float4_e2m1fn", 4)]
    public void ReadsEveryCodeSmallerThanAByte(string type, int bits)
    {
        byte[] codes = new byte[(1 << bits) * bits / 8];
        for (int code = 0; code < 1 << bits; code++)
        {
            for (int bit = 0; bit < bits; bit++)
            {
                int place = (code * bits) + bit;
                codes[place / 8] |= (byte)(((code >> bit) & 1) << (place % 8));
            }
        }

        Assert.Equal(Expected("read", type), DigestOf(ToSingle(type, codes)));
    }

    [Theory]
    [InlineData("int8")]
    [InlineData("uint8")]
    [InlineData("int16")]
    [InlineData("int32")]
    [InlineData("int64")]
    public void ReadsIntegers(string type)
    {
        byte[] elements = MemoryMarshal.AsBytes<uint>(RandomBits(4, Count)).ToArray();

        Assert.Equal(Expected("read", type), DigestOf(ToSingle(type, elements)));
        Assert.Equal(Expected("read", type + " as float64"), DigestOf(ToDouble(type, elements)));
    }

    [Theory]
    [InlineData("float16", (ushort)0x7c00, (ushort)0x7e00)]
    [InlineData("bfloat16", (ushort)0x7f80, (ushort)0x7fc0)]
    public void Writes16Bits(string type, ushort infinity, ushort nan)
    {
        byte[] singles = MemoryMarshal.AsBytes<uint>(RandomBits(1, Count)).ToArray();
        ushort[] all = [.. Enumerable.Range(0, 1 << 16).Select(code => (ushort)code)];

        Assert.Equal(Expected("write", $"{type} random"), Digest16("float32", singles));
        Assert.Equal(Expected("write", $"{type} half ways"), Digest16("float32", MemoryMarshal.AsBytes<float>(HalfWays(ToSingle(type, MemoryMarshal.AsBytes<ushort>(all).ToArray()))).ToArray()));
        Assert.Equal(Expected("write", $"{type} float64"), Digest16("float64", MemoryMarshal.AsBytes<double>(RandomDoubles()).ToArray()));
        Assert.Equal(Expected("write", $"{type} near float64"), Digest16("float64", MemoryMarshal.AsBytes<double>(NearDoubles()).ToArray()));

        string Digest16(string from, byte[] elements)
        {
            var codes = MemoryMarshal.Cast<byte, ushort>(Convert(from, elements, type)).ToArray();
            return HashOf(MemoryMarshal.AsBytes<ushort>([.. codes.Select(code => (code & 0x7fff) > infinity ? nan : code)]));
        }
    }

    [Fact]
    public void WritesSinglesOfDoubles()
    {
        Assert.Equal(Expected("write", "float32 float64"), DigestOf(MemoryMarshal.Cast<byte, float>(Convert("float64", MemoryMarshal.AsBytes<double>(RandomDoubles()).ToArray(), "float32")).ToArray()));
        Assert.Equal(Expected("write", "float32 near float64"), DigestOf(MemoryMarshal.Cast<byte, float>(Convert("float64", MemoryMarshal.AsBytes<double>(NearDoubles()).ToArray(), "float32")).ToArray()));
    }

    [Theory]
    [InlineData("float8_e5m2", new byte[] { 0x7d, 0x7e, 0x7f, 0xfd, 0xfe, 0xff }, (byte)0x7d)]
    [InlineData("float8_e4m3fn", new byte[] { 0x7f, 0xff }, (byte)0x7f)]
    [InlineData("float8_e5m2fnuz", new byte[] { 0x80 }, (byte)0x80)]
    [InlineData("float8_e4m3fnuz", new byte[] { 0x80 }, (byte)0x80)]
    public void Writes8Bits(string type, byte[] nans, byte nan)
    {
        float[] scaled = [.. Enumerable.Range(0, 1 << 16).Select(i => (float)((i % 4096) - 2048) / 7f)];

        Assert.Equal(Expected("write", $"{type} random"), Digest8(MemoryMarshal.Cast<uint, float>(RandomBits(5, 1 << 16)).ToArray()));
        Assert.Equal(Expected("write", $"{type} scaled"), Digest8(scaled));
        Assert.Equal(Expected("write", $"{type} half ways"), Digest8(HalfWays(ToSingle(type, [.. Enumerable.Range(0, 256).Select(code => (byte)code)]))));

        string Digest8(float[] numbers) =>
            HashOf([.. Convert("float32", MemoryMarshal.AsBytes<float>(numbers).ToArray(), type).Select(code => nans.Contains(code) ? nan : code)]);
    }

    [Fact]
    public void EveryCodeThatIsWrittenIsReadAsItself()
    {
        foreach (var type in DType.All.Where(type => ElementConverter.CanWrite(type) && type.BitSize <= 16 && type.Name != "float8_e8m0fnu"))
        {
            byte[] codes = type.BitSize == 8
                ? [.. Enumerable.Range(0, 256).Select(code => (byte)code)]
                : MemoryMarshal.AsBytes<ushort>([.. Enumerable.Range(0, 1 << 16).Select(code => (ushort)code)]).ToArray();
            float[] numbers = ToSingle(type.Name, codes);
            float[] again = ToSingle(type.Name, Convert("float32", MemoryMarshal.AsBytes<float>(numbers).ToArray(), type.Name));

            Assert.Equal(DigestOf(numbers), DigestOf(again));
        }
    }

    /// <summary>Values of c10/util/Float8_e8m0fnu.h: the nearest power, a tie up, the sign left out.</summary>
    [Theory]
    [InlineData(1f, 127)]
    [InlineData(-1f, 127)]
    [InlineData(1.4f, 127)]
    [InlineData(1.5f, 128)]
    [InlineData(3e38f, 255)]
    [InlineData(float.NaN, 255)]
    [InlineData(float.PositiveInfinity, 255)]
    [InlineData(0f, 0)]
    [InlineData(5.877472E-39f, 0)]
    public void WritesPowers(float number, byte code) =>
        Assert.Equal([code], Convert("float32", MemoryMarshal.AsBytes([number]).ToArray(), "float8_e8m0fnu"));

    [Theory]
    [InlineData("complex64", "float32")]
    [InlineData("complex128", "float64")]
    [InlineData("complex32", "float16")]
    [InlineData("float4_e2m1fn_x2", "float4_e2m1fn")]
    public void PairsAreTwoNumbers(string type, string number)
    {
        byte[] elements = MemoryMarshal.AsBytes<uint>(RandomBits(9, 64)).ToArray();

        Assert.Equal(ElementConverter.CountNumbers(DType.Get(number), elements.Length), ElementConverter.CountNumbers(DType.Get(type), elements.Length));
        Assert.Equal(ToDouble(number, elements), ToDouble(type, elements));
    }

    private static string Expected(string kind, string what) => Digests.GetProperty(kind).GetProperty(what).GetString()!;

    private static uint[] RandomBits(uint seed, int count)
    {
        var values = new uint[count];
        uint x = seed;
        for (int i = 0; i < count; i++)
        {
            values[i] = x = unchecked((1664525 * x) + 1013904223);
        }

        return values;
    }

    private static double[] RandomDoubles()
    {
        uint[] low = RandomBits(2, Count);
        uint[] high = RandomBits(3, Count);
        return [.. low.Zip(high, (l, h) => BitConverter.UInt64BitsToDouble(((ulong)h << 32) | l))];
    }

    private static double[] NearDoubles() =>
    [
        .. MemoryMarshal.Cast<uint, float>(RandomBits(1, Count)).ToArray()
            .Select((value, i) => value * (1 + (i * Math.ScaleB(1, -45)))).Select(value => double.IsFinite(value) ? value : 0),
    ];

    private static float[] HalfWays(float[] numbers)
    {
        double[] sorted = [.. numbers.Where(float.IsFinite).Select(number => number + 0.0).Distinct().Order()];
        float[] middle = [.. sorted.Zip(sorted.Skip(1), (a, b) => (float)((a + b) / 2))];
        return [.. sorted.Select(number => (float)number), .. middle, .. middle.Select(MathF.BitIncrement), .. middle.Select(MathF.BitDecrement)];
    }

    private static float[] ToSingle(string type, byte[] elements)
    {
        var numbers = new float[ElementConverter.CountNumbers(DType.Get(type), elements.Length)];
        ElementConverter.ToSingle(DType.Get(type), elements, numbers);
        return numbers;
    }

    private static double[] ToDouble(string type, byte[] elements)
    {
        var numbers = new double[ElementConverter.CountNumbers(DType.Get(type), elements.Length)];
        ElementConverter.ToDouble(DType.Get(type), elements, numbers);
        return numbers;
    }

    private static byte[] Convert(string from, byte[] elements, string to)
    {
        var result = new byte[ElementConverter.CountNumbers(DType.Get(from), elements.Length) * DType.Get(to).ByteSize];
        ElementConverter.Convert(DType.Get(from), elements, DType.Get(to), result);
        return result;
    }

    private static string DigestOf(float[] numbers) =>
        HashOf(MemoryMarshal.AsBytes<float>([.. numbers.Select(number => float.IsNaN(number) ? BitConverter.UInt32BitsToSingle(0x7fc00000) : number)]));

    private static string DigestOf(double[] numbers) =>
        HashOf(MemoryMarshal.AsBytes<double>([.. numbers.Select(number => double.IsNaN(number) ? BitConverter.UInt64BitsToDouble(0x7ff8000000000000) : number)]));

    private static string HashOf(ReadOnlySpan<byte> bytes) => System.Convert.ToHexStringLower(SHA256.HashData(bytes));
}
