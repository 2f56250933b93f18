using LowMem.Checkpoints;
using LowMem.Loader.Import;
using LowMem.Loader.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import;

/// <summary>A cast on the way gives what <c>Tensor.to</c> gives afterwards, from any type to any other.</summary>
public class CastTests
{
    private static readonly (string Name, string Code)[] Types =
    [
        ("float64", "F64"), ("float32", "F32"), ("float16", "F16"), ("bfloat16", "BF16"),
        ("float8_e4m3fn", "F8_E4M3"), ("float8_e5m2", "F8_E5M2"), ("float8_e4m3fnuz", "F8_E4M3FNUZ"), ("float8_e5m2fnuz", "F8_E5M2FNUZ"),
        ("int64", "I64"), ("int32", "I32"), ("int16", "I16"), ("int8", "I8"), ("uint8", "U8"), ("uint16", "U16"), ("uint32", "U32"), ("uint64", "U64"),
        ("bool", "BOOL"), ("complex64", "C64"),
    ];

    public static TheoryData<string, bool> Sources => [.. Types.SelectMany(type => new[] { (type.Name, false), (type.Name, true) })];

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_cast_gives_what_libtorch_gives(string from, bool resident)
    {
        using var directory = new TempDirectory();
        var path = directory["values.safetensors"];
        var sourceType = ScalarTypes.Find(from)!.Value;
        using var values = tensor(new[] { 0f, 1f, 2f, 3f, 5f, 12f, 0f, 28f }, dtype: ScalarType.Float32).to(sourceType);
        TestFiles.WriteSafetensors(
            path,
            [.. Types.Select(type => (type.Name, Types.Single(other => other.Name == from).Code, new long[] { 2, 4 }, TestFiles.GetBytes(values)))]);
        using var module = new Buffers();
        var report = ModelLoader.Load(
            module, Checkpoint.Open(path, TestContext.Current.CancellationToken), new ImportOptions { Resident = resident }, progress: null, TestContext.Current.CancellationToken);

        Assert.Equal(Types.Length - 1, report.CastKeys.Length);
        foreach (var (name, _) in Types)
        {
            using var wanted = values.to(ScalarTypes.Find(name)!.Value);
            var buffer = module.get_buffer(name)!;
            Assert.Equal((name, wanted.dtype), (name, buffer.dtype));
            Assert.Equal(TestFiles.GetBytes(wanted), TestFiles.GetBytes(buffer));
        }
    }

    [Fact]
    public void What_libtorch_cannot_cast_is_a_mismatch()
    {
        Assert.False(CastSupport.CanCast(ScalarTypes.Find("float4_e2m1fn_x2")!.Value, ScalarType.Float32));
        Assert.True(CastSupport.CanCast(ScalarType.Float32, ScalarType.BFloat16));
    }

    private sealed class Buffers : nn.Module
    {
        public Buffers()
            : base(nameof(Buffers))
        {
            foreach (var (name, _) in Types)
            {
                register_buffer(name, empty(2, 4, dtype: ScalarTypes.Find(name)!.Value, device: META));
            }
        }
    }
}
