using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Binding;

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

    [Theory]
    [InlineData("bfloat16", false)]
    [InlineData("float16", true)]
    [InlineData("float8_e4m3fn", true)]
    [InlineData("float32", false)]
    public void A_type_that_is_asked_for_goes_to_what_is_floating_point_only(string dtype, bool resident)
    {
        using var directory = new TempDirectory();
        var path = directory["values.safetensors"];
        using var values = (arange(8, dtype: ScalarType.Float32, device: CPU) / 3).reshape(2, 4);
        TestFiles.WriteSafetensors(path, [.. Types.Select(type => (type.Name, "F32", new long[] { 2, 4 }, TestFiles.GetBytes(values)))]);
        using var module = new Buffers();
        ModelLoader.Load(
            module, Checkpoint.Open(path, TestContext.Current.CancellationToken), new ImportOptions { Resident = resident, DType = dtype }, progress: null, TestContext.Current.CancellationToken);
        foreach (var (name, _) in Types)
        {
            var type = DType.Get(name).Kind == DTypeKind.Floating ? dtype : name;
            var buffer = module.get_buffer(name)!;
            Assert.Equal((name, type), (name, ScalarTypes.GetName(buffer.dtype)));
            using var wanted = values.to(ScalarTypes.Find(type)!.Value);
            Assert.Equal(TestFiles.GetBytes(wanted), TestFiles.GetBytes(buffer));
        }
    }

    [Theory]
    [InlineData("int64", false)]
    [InlineData("half", false)]
    [InlineData("float4_e2m1fn", false)]
    [InlineData("bfloat16", true)]
    public void A_type_that_cannot_be_asked_for_is_refused(string dtype, bool keep)
    {
        using var module = new BoringModel(META);
        var error = Assert.Throws<ModelException>(() => ModelLoader.Load(
            module,
            Checkpoint.Open(Path.Combine(TestFiles.Samples, "boring.pt"), TestContext.Current.CancellationToken),
            new ImportOptions { DType = dtype, KeepDType = keep },
            progress: null,
            TestContext.Current.CancellationToken));
        Assert.Equal(ModelErrorIds.ImportOptionsInvalid, error.ErrorId);
        Assert.Contains(dtype, error.Message, StringComparison.Ordinal);
        Assert.Equal(DeviceType.META, module.in_proj.weight.device_type);
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
