using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Binding;

/// <summary>
/// float8 and the unsigned types against their published definitions, worked out here from sign, exponent and mantissa.
/// </summary>
public sealed class NarrowTypeTests : IDisposable
{
    private readonly TempDirectory directory = new();

    /// <summary>name, code in safetensors, exponent bits, bias, and which codes are no numbers.</summary>
    public static TheoryData<string, string, int, int, string> Float8 => new()
    {
        { "float8_e4m3fn", "F8_E4M3", 4, 7, "fn" },
        { "float8_e5m2", "F8_E5M2", 5, 15, "ieee" },
        { "float8_e4m3fnuz", "F8_E4M3FNUZ", 4, 8, "fnuz" },
        { "float8_e5m2fnuz", "F8_E5M2FNUZ", 5, 16, "fnuz" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(Float8))]
    public void Every_float8_code_becomes_its_value(string type, string code, int exponentBits, int bias, string kind)
    {
        var codes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var wanted = codes.Select(value => Decode(value, exponentBits, bias, kind)).ToArray();
        foreach (var resident in new[] { false, true })
        {
            var read = Load<float>(type, code, codes, ScalarType.Float32, resident);
            Assert.All(codes, value => AssertSame(wanted[value], read[value]));
            var doubles = Load<double>(type, code, codes, ScalarType.Float64, resident);
            Assert.All(codes, value => AssertSame(wanted[value], (float)doubles[value]));
        }
    }

    [Theory]
    [MemberData(nameof(Float8))]
    public void A_float_becomes_the_nearest_float8_and_ties_the_even_one(string type, string code, int exponentBits, int bias, string kind)
    {
        _ = code;
        var values = Enumerable.Range(0, 256).Select(i => Decode((byte)i, exponentBits, bias, kind)).Where(float.IsFinite).Distinct().Order().ToArray();
        var inputs = new List<float>();
        foreach (var (low, high) in values.Zip(values.Skip(1)))
        {
            // Exactly in the middle, and the two neighbours of the middle.
            var middle = (low + high) / 2;
            inputs.AddRange([low, float.BitDecrement(middle), middle, float.BitIncrement(middle), high]);
        }

        var cast = Load<byte>("float32", "F32", TestFiles.Bytes(inputs.ToArray()), ScalarTypes.Find(type)!.Value, resident: true);
        for (var i = 0; i < inputs.Count; i++)
        {
            var found = Decode(cast[i], exponentBits, bias, kind);
            var distance = values.Min(value => Math.Abs((double)value - inputs[i]));
            Assert.Equal(distance, Math.Abs((double)found - inputs[i]));
            var isTie = values.Count(value => Math.Abs((double)value - inputs[i]) == distance) > 1;
            Assert.True(!isTie || cast[i] % 2 == 0, $"{inputs[i]} became {found}, which is not the even neighbour");
        }
    }

    [Theory]
    [InlineData("float8_e4m3fn", 448f, 464f, 465f, true)]
    [InlineData("float8_e5m2", 57344f, 61439f, 61440f, false)]
    public void What_is_too_large_for_a_float8_is_not_cut_off(string type, float largest, float rounds, float tooLarge, bool isNan)
    {
        var cast = Load<byte>("float32", "F32", TestFiles.Bytes(largest, rounds, tooLarge, float.PositiveInfinity), ScalarTypes.Find(type)!.Value, resident: false);
        Assert.Equal(cast[0], cast[1]);
        Assert.All(cast[2..], code => Assert.Equal(isNan ? (byte)0x7f : (byte)0x7c, code));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Unsigned_integers_keep_their_upper_half(bool resident)
    {
        ushort[] shorts = [0, 1, 0x7fff, 0x8000, 0xffff];
        Assert.Equal(shorts.Select(value => (float)value), Load<float>("uint16", "U16", TestFiles.Bytes(shorts), ScalarType.Float32, resident));
        Assert.Equal(shorts.Select(value => (long)value), Load<long>("uint16", "U16", TestFiles.Bytes(shorts), ScalarType.Int64, resident));
        uint[] ints = [0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 16_777_217];
        Assert.Equal(ints.Select(value => (double)value), Load<double>("uint32", "U32", TestFiles.Bytes(ints), ScalarType.Float64, resident));
        Assert.Equal(ints.Select(value => (float)value), Load<float>("uint32", "U32", TestFiles.Bytes(ints), ScalarType.Float32, resident));
        Assert.Equal(ints.Select(value => (long)value), Load<long>("uint32", "U32", TestFiles.Bytes(ints), ScalarType.Int64, resident));
        ulong[] longs = [0, long.MaxValue, 1ul << 63, ulong.MaxValue, (1ul << 53) + 1];
        Assert.Equal(longs.Select(value => (double)value), Load<double>("uint64", "U64", TestFiles.Bytes(longs), ScalarType.Float64, resident));
        Assert.Equal(longs.Select(value => (float)value), Load<float>("uint64", "U64", TestFiles.Bytes(longs), ScalarType.Float32, resident));
    }

    [Fact]
    public void The_scale_type_e8m0_is_powers_of_two()
    {
        byte[] codes = [0, 1, 126, 127, 128, 254, 255];
        Assert.Equal(
            codes.Select(code => code == 255 ? float.NaN : (float)Math.ScaleB(1, code - 127)),
            Load<float>("float8_e8m0fnu", "F8_E8M0", codes, ScalarType.Float32, resident: false));
    }

    // The definition: sign, exponent, mantissa; subnormals at exponent 0; and what is set aside for NaN and infinity.
    private static float Decode(byte code, int exponentBits, int bias, string kind)
    {
        var mantissaBits = 7 - exponentBits;
        var magnitude = code & 0x7f;
        var exponent = magnitude >> mantissaBits;
        var mantissa = magnitude & ((1 << mantissaBits) - 1);
        if (kind == "fnuz" ? code == 0x80 : kind == "fn" ? magnitude == 0x7f : exponent == 31 && mantissa != 0)
        {
            return float.NaN;
        }

        var sign = code >= 0x80 ? -1.0 : 1.0;
        if (kind == "ieee" && exponent == 31)
        {
            return (float)(sign * double.PositiveInfinity);
        }

        var fraction = mantissa / (double)(1 << mantissaBits);
        return (float)(sign * (exponent == 0 ? Math.ScaleB(fraction, 1 - bias) : Math.ScaleB(1 + fraction, exponent - bias)));
    }

    private static void AssertSame(float wanted, float found) => Assert.True(
        float.IsNaN(wanted) ? float.IsNaN(found) : BitConverter.SingleToInt32Bits(wanted) == BitConverter.SingleToInt32Bits(found),
        $"{found} instead of {wanted}");

    private T[] Load<T>(string type, string code, byte[] bytes, ScalarType target, bool resident)
        where T : unmanaged
    {
        var path = directory["values.safetensors"];
        var count = bytes.Length / DType.Get(type).ByteSize;
        TestFiles.WriteSafetensors(path, ("values", code, [count], bytes));
        using var module = new Holder(count, target);
        ModelLoader.Load(module, Checkpoint.Open(path, Token), new ImportOptions { Resident = resident }, progress: null, Token);
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(TestFiles.GetBytes(module.get_buffer("values")!)).ToArray();
    }

    private sealed class Holder : nn.Module
    {
        public Holder(long count, ScalarType type)
            : base(nameof(Holder)) => register_buffer("values", empty(count, dtype: type, device: META));
    }
}
