using System.Text.Json;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Keys;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Initialization;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Tests.Skeletons.Definition;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Initialization;

/// <summary>The values that layers start with, against those of PyTorch 1.13 (tests/fixtures/definitions/initial.json).</summary>
public class MissingValuesTests
{
    private const long Seed = 7;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Layers
    {
        get
        {
            using var document = JsonDocument.Parse(Definitions.Read("initial.json"));
            return [.. document.RootElement.EnumerateArray().Select(layer => (layer.GetProperty("text").GetString()!, layer.GetProperty("values").GetRawText()))];
        }
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void ALayerStartsWithWhatPyTorchGivesItForTheSameSeed(string text, string expected)
    {
        using var document = JsonDocument.Parse(expected);
        using var module = Definitions.Build(text);
        Fill(module, Seed);

        foreach (var entry in document.RootElement.EnumerateObject())
        {
            var wanted = entry.Value.EnumerateArray().Select(number => number.GetDouble()).ToArray();
            Assert.Equal(wanted, Read(module, entry.Name), (a, b) => Math.Abs(a - b) < 1e-6);
        }
    }

    [Fact]
    public void AnAttentionAndWhatIsMadeOfItHaveTheDistributionsOfPyTorch()
    {
        using var module = Definitions.Build(Definitions.Read("transformer.txt"));
        Fill(module, Seed);
        var entries = ModuleTree.GetParameters(module);

        // A Transformer goes over all of its matrices with xavier_uniform_ in the end.
        Assert.All(entries, entry => Assert.Equal("cpu", entry.Device));
        AssertBound("encoder.layers.0.self_attn.in_proj_weight", Math.Sqrt(6.0 / (16 + 48)));
        AssertBound("encoder.layers.0.self_attn.out_proj.weight", Math.Sqrt(6.0 / (16 + 16)));
        Assert.All(Read(module, "encoder.layers.0.self_attn.in_proj_bias"), value => Assert.Equal(0, value));
        Assert.All(Read(module, "encoder.layers.0.self_attn.out_proj.bias"), value => Assert.Equal(0, value));
        Assert.All(Read(module, "encoder.layers.0.norm1.weight"), value => Assert.Equal(1, value));
        AssertBound("encoder.layers.0.linear1.bias", 1 / Math.Sqrt(16));

        void AssertBound(string key, double bound) => Assert.InRange(Read(module, key).Max(Math.Abs), 0.85 * bound, bound);
    }

    [Fact]
    public void ModulesThatComputeInCppGetValuesThatTheyComputeWith()
    {
        using var module = SkeletonBuilder.FromFactory(() => new object[]
        {
            nn.Embedding(6, 4), nn.TransformerEncoderLayer(8, 2, 16), nn.LSTM(3, 4), nn.MultiheadAttention(8, 2),
        });
        Fill(module, Seed);

        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal("cpu", entry.Device));
        Assert.InRange(Read(module, "1.linear1.weight").Max(Math.Abs), 0.8 / Math.Sqrt(8), 1 / Math.Sqrt(8));
        Assert.All(Read(module, "3.out_proj.bias"), value => Assert.Equal(0, value));
        Assert.All(Read(module, "1.self_attn.in_proj_bias"), value => Assert.Equal(0, value));
        using var index = tensor(new[] { 2L }, device: CPU);
        using var row = ((nn.Module<Tensor, Tensor>)((ModuleContainer)module)["0"]).call(index);
        Assert.Equal(Read(module, "0.weight").Skip(8).Take(4), row.data<float>().ToArray().Select(value => (double)value));
    }

    [Fact]
    public void AHeadThatIsLeftOutCanBeTrained()
    {
        using var directory = new TempDirectory();
        using var module = Model();
        var report = Load(directory, module, new ImportOptions { KeyFilter = new Except("fc."), RequiresGrad = true, InitializeMissing = true, Seed = 3 });

        Assert.Equal(["fc.weight", "fc.bias"], report.InitializedKeys);
        Assert.Empty(report.MetaKeys);
        Assert.Empty(report.MissingKeys);
        using var input = ones([1, 2], device: CPU);
        using var output = module.call(input);
        using var loss = output.sum();
        loss.backward();
        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal(entry.Shape, entry.Tensor.grad!.shape));
    }

    [Fact]
    public void WithoutItTheHeadStaysOnMetaAndTheForwardPassSaysWhich()
    {
        using var directory = new TempDirectory();
        using var module = Model();
        var report = Load(directory, module, new ImportOptions { KeyFilter = new Except("fc.") });

        Assert.Equal(["fc.weight", "fc.bias"], report.MetaKeys);
        Assert.Empty(report.InitializedKeys);
        using var input = ones([1, 2], device: CPU);
        var error = Assert.Throws<ModelException>(() => module.call(input));
        Assert.Contains("it has no values for fc.weight, fc.bias.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3L, 3L, true)]
    [InlineData(3L, 4L, false)]
    [InlineData(-1L, -1L, true)]
    public void TheSameSeedGivesTheSameValues(long first, long second, bool isSame)
    {
        using var directory = new TempDirectory();
        using var one = Model();
        using var other = Model();
        Load(directory, one, new ImportOptions { KeyFilter = new Except("fc."), InitializeMissing = true, Seed = first });
        Load(directory, other, new ImportOptions { KeyFilter = new Except("fc."), InitializeMissing = true, Seed = second, Resident = true });

        Assert.Equal(isSame, Read(one, "fc.weight").SequenceEqual(Read(other, "fc.weight")));
        Assert.Equal(Read(one, "body.weight"), Read(other, "body.weight"));
    }

    [Fact]
    public void WithoutASeedLibtorchsOwnDecides()
    {
        using var directory = new TempDirectory();
        using var one = Model();
        using var other = Model();
        foreach (var module in new[] { one, other })
        {
            manual_seed(11);
            Load(directory, module, new ImportOptions { KeyFilter = new Except("fc."), InitializeMissing = true });
        }

        Assert.Equal(Read(one, "fc.weight"), Read(other, "fc.weight"));
    }

    [Fact]
    public void WhatHasValuesAlreadyKeepsThemAndWhatNobodyKnowsStaysOnMeta()
    {
        using var directory = new TempDirectory();
        using var module = Model();
        module.AddParameter("token", new TorchSharp.Modules.Parameter(empty(2, device: META)));
        using var halves = full([3], 0.5f, device: CPU);
        ParameterBinder.Bind(ModuleTree.GetParameters(module).Single(entry => entry.Key == "fc.bias"), halves);
        var report = Load(directory, module, new ImportOptions { KeyFilter = new Except("fc."), InitializeMissing = true, Seed = 1 });

        Assert.Equal(["fc.weight"], report.InitializedKeys);
        Assert.Equal(["token"], report.MetaKeys);
        Assert.Equal(["token"], report.MissingKeys);
        Assert.Equal([0.5, 0.5, 0.5], Read(module, "fc.bias"));
    }

    [Fact]
    public void TheTypesAreThoseOfTheLoad()
    {
        using var directory = new TempDirectory();
        using var module = Model();
        Load(directory, module, new ImportOptions { KeyFilter = new Except("fc."), InitializeMissing = true, Seed = 1, DType = "float8_e4m3fn" });

        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal("float8_e4m3fn", entry.DType));
    }

    [Fact]
    public void ASeedAloneIsAMistake()
    {
        using var directory = new TempDirectory();
        using var module = Model();

        Assert.Equal("ImportOptionsInvalid", Assert.Throws<ModelException>(() => Load(directory, module, new ImportOptions { Seed = 1 })).ErrorId);
    }

    private static ModuleContainer Model() => (ModuleContainer)Definitions.Build(
        "Sequential(\n  (body): Linear(in_features=2, out_features=2, bias=False)\n  (fc): Linear(in_features=2, out_features=3, bias=True)\n)");

    private static LoadReport Load(TempDirectory directory, nn.Module module, ImportOptions options)
    {
        if (!File.Exists(directory["body.safetensors"]))
        {
            TestFiles.WriteSafetensors(
                directory["body.safetensors"],
                ("body.weight", "F32", new long[] { 2, 2 }, TestFiles.Bytes(1f, 2f, 3f, 4f)));
        }

        return ModelLoader.Load(module, Checkpoint.Open(directory["body.safetensors"], Token), options, progress: null, Token);
    }

    private static void Fill(nn.Module module, long seed)
    {
        var entries = ModuleTree.GetParameters(module);
        using var missing = new MissingValues();
        missing.Create(module, entries, _ => false, entry => entry.Tensor.dtype, CPU, seed, Token);
        foreach (var (slot, value) in missing.Values)
        {
            ParameterBinder.Bind(slot, value);
        }
    }

    private static double[] Read(nn.Module module, string key)
    {
        using var scope = NewDisposeScope();
        var tensor = ModuleTree.GetParameters(module).Single(entry => entry.Key == key).Tensor;
        return tensor.detach().to(ScalarType.Float64).data<double>().ToArray();
    }

    private sealed class Except(string start) : IKeyFilter
    {
        public IEnumerable<string> Unmatched => [];

        public bool Includes(string key) => !key.StartsWith(start, StringComparison.Ordinal);
    }
}
