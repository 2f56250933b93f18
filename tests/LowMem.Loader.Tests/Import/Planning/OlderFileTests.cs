using System.Text.Json;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Tests.Skeletons;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Planning;

/// <summary>Files of older versions of PyTorch load as PyTorch 1.13 loads them: tests/fixtures/make_older.py asked it.</summary>
public class OlderFileTests
{
    private static readonly string Fixtures = Path.Combine(TestFiles.Fixtures, "older");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Loaded => [.. Expected.Where(entry => entry.Value.ValueKind == JsonValueKind.Object && entry.Key != "scalar-of-two").Select(entry => entry.Key)];

    private static Dictionary<string, JsonElement> Expected { get; } =
        JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(File.ReadAllBytes(Path.Combine(Fixtures, "expected.json")))!;

    [Theory]
    [MemberData(nameof(Loaded))]
    public void What_PyTorch_loads_is_loaded_with_its_values(string name)
    {
        using var module = new Net();
        using (no_grad())
        {
            module.bn.num_batches_tracked!.fill_(99);
        }

        var report = ModelLoader.Load(module, Open(name), cancellationToken: Token);
        foreach (var entry in ModuleTree.GetParameters(module))
        {
            var wanted = Expected[name].GetProperty(entry.Key);
            using var values = entry.Tensor.to(ScalarType.Float64).reshape(-1);
            Assert.Equal(
                wanted.ValueKind == JsonValueKind.Array ? wanted.EnumerateArray().Select(value => value.GetDouble()) : [wanted.GetDouble()],
                values.data<double>().ToArray());
        }

        Assert.Equal(name.Contains("counter", StringComparison.Ordinal) ? ["bn.num_batches_tracked"] : [], report.ZeroKeys);
        Assert.Empty(report.MissingKeys);
    }

    [Fact]
    public void The_fixtures_show_each_rule()
    {
        Assert.Equal(
            ["counter-no-notes", "counter-no-version", "counter-version-1", "scalar-of-one", "whole", "wrapped-counter-version-1"],
            Loaded.Select(row => row.Data).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("counter-lost", ModelMismatchKind.MissingKey, "bn.num_batches_tracked")]
    [InlineData("wrapped-counter-lost", ModelMismatchKind.MissingKey, "bn.num_batches_tracked")]
    [InlineData("one-of-scalar", ModelMismatchKind.Shape, "one")]
    [InlineData("instance-statistics", ModelMismatchKind.UnexpectedKey, "norm.running_mean")]
    public void What_PyTorch_refuses_is_refused(string name, ModelMismatchKind kind, string key)
    {
        Assert.Equal(JsonValueKind.String, Expected[name].ValueKind);
        using var module = new Net();
        var error = Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(module, Open(name), cancellationToken: Token));
        Assert.Equal((kind, key), (Assert.Single(error.Mismatches).Kind, error.Mismatches[0].Key));
        Assert.Equal(kind == ModelMismatchKind.UnexpectedKey, error.Message.Contains("build the norm with track_running_stats=True", StringComparison.Ordinal));
    }

    [Fact]
    public void The_second_element_of_what_should_be_one_is_not_dropped_as_PyTorch_does()
    {
        Assert.Equal(7, Expected["scalar-of-two"].GetProperty("logit").GetDouble());
        using var module = new Net();
        var error = Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(module, Open("scalar-of-two"), cancellationToken: Token));
        Assert.Equal(("float32 []", "float32 [2]"), (Assert.Single(error.Mismatches).Expected, error.Mismatches[0].Found));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_counter_is_on_the_CPU_when_the_module_was_on_meta_in_both_modes(bool resident)
    {
        using var module = nn.Sequential(("bn", nn.BatchNorm1d(2, device: META)));
        using var directory = new TempDirectory();
        var values = TestFiles.Bytes(1f, 2f);
        TestFiles.WriteSafetensors(
            directory["norm.safetensors"],
            ("net.bn.weight", "F32", [2], values), ("net.bn.bias", "F32", [2], values), ("net.bn.running_mean", "F32", [2], values), ("net.bn.running_var", "F32", [2], values));

        var report = ModelLoader.Load(
            module, Checkpoint.Open(directory["norm.safetensors"], Token), new ImportOptions { Resident = resident, DType = "bfloat16" }, progress: null, Token);

        var norm = (BatchNorm1d)module[0];
        Assert.Equal((0L, ScalarType.Int64, DeviceType.CPU), (norm.num_batches_tracked!.item<long>(), norm.num_batches_tracked.dtype, norm.num_batches_tracked.device_type));
        Assert.Equal(["bn.num_batches_tracked"], report.ZeroKeys);
        Assert.Equal(4, report.TensorCount);
        Assert.Empty(report.MetaKeys);
    }

    [Fact]
    public void A_norm_of_which_nothing_is_there_is_missing_with_its_counter()
    {
        using var module = nn.Sequential(("in", nn.Linear(1, 1, hasBias: false)), ("bn", nn.BatchNorm1d(2, device: META)));
        using var directory = new TempDirectory();
        TestFiles.WriteSafetensors(directory["part.safetensors"], ("in.weight", "F32", [1, 1], new byte[4]));
        var report = ModelLoader.Load(
            module, Checkpoint.Open(directory["part.safetensors"], Token), new ImportOptions { AllowMissing = true }, progress: null, Token);
        Assert.Empty(report.ZeroKeys);
        Assert.Contains("bn.num_batches_tracked", report.MissingKeys);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Old_names_of_weight_norm_are_those_of_the_parametrization(bool both)
    {
        using var module = CreateModule("a.parametrizations.weight.original0", "a.parametrizations.weight.original1");
        using var directory = new TempDirectory();
        var path = directory["norm.safetensors"];
        TestFiles.WriteSafetensors(path, ("a.weight_g", "F32", [1], TestFiles.Bytes(3f)), (both ? "a.weight_v" : "a.other", "F32", [1], TestFiles.Bytes(4f)));
        if (both)
        {
            ModelLoader.Load(module, Checkpoint.Open(path, Token), cancellationToken: Token);
            Assert.Equal([3f, 4f], ModuleTree.GetParameters(module).Select(entry => entry.Tensor.item<float>()));
            return;
        }

        var error = Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(module, Checkpoint.Open(path, Token), cancellationToken: Token));
        Assert.Equal(4, error.Mismatches.Count);
    }

    private static ModuleContainer CreateModule(params string[] keys) => SkeletonBuilder.FromCheckpoint(
        SyntheticCheckpoint.Create([.. keys.Select(key => SyntheticCheckpoint.CreateTensor(key, "float32", 1))]), prefix: "", Token);

    private static Checkpoint Open(string name) => Checkpoint.Open(Path.Combine(Fixtures, name + ".pt"), Token);

    private sealed class Net : nn.Module
    {
        public readonly BatchNorm1d bn = nn.BatchNorm1d(2);
        public readonly InstanceNorm1d norm = nn.InstanceNorm1d(2);
        public readonly Parameter logit = new(zeros([]));
        public readonly Parameter one = new(zeros(1));

        public Net()
            : base(nameof(Net)) => RegisterComponents();
    }
}
