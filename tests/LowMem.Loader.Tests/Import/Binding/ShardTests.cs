using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Sharding;
using LowMem.Loader.Estimates;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons.Containers;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Binding;

/// <summary>One shard of a model: the slice of each tensor that one rank holds.</summary>
public sealed class ShardTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public static TheoryData<bool> Modes => [false, true];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(Modes))]
    public void WithoutAModuleOneIsMadeWithTheShapesOfTheShard(bool resident)
    {
        var checkpoint = Write();
        for (int number = 1; number <= 3; number++)
        {
            var (module, report) = ModelLoader.Load(checkpoint, Options(number, 3) with { Resident = resident }, progress: null, Token);
            using (module)
            {
                var parameters = ModuleTree.GetParameters(module).ToDictionary(entry => entry.Key);
                AssertIsChunk(parameters["up.weight"].Tensor, Whole(6, 4, 0), number, 0);
                AssertIsChunk(parameters["up.bias"].Tensor, Whole(6, 1, 100).view(6), number, 0);
                AssertIsChunk(parameters["down.weight"].Tensor, Whole(4, 7, 200), number, 1);
                Assert.Equal(TestFiles.GetBytes(Whole(4, 1, 300).view(4)), TestFiles.GetBytes(parameters["down.bias"].Tensor));
                Assert.True(parameters["down.weight"].Tensor.is_contiguous());
                Assert.Equal(($"{number}/3", 3), (report.Shard, report.SplitCount));
                Assert.Empty(report.EmptyKeys);

                // What lies in one piece stays in the file, also when it begins in the middle of a tensor.
                Assert.Equal(resident ? (0, 4) : (3, 1), (report.MappedCount, report.CopiedCount));
                long down = 4L * (number == 3 ? 1 : 3) * sizeof(float);
                Assert.Equal(resident ? ((2 * 4) + 2 + 4) * sizeof(float) + down : down, report.CopiedBytes);
            }
        }
    }

    /// <summary>A list of tensors of an archive describes them anew each time that it is asked.</summary>
    [Fact]
    public void EveryTensorOfAnArchiveIsSplit()
    {
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Samples, "boring.pt"), Token);

        var (module, report) = ModelLoader.Load(
            checkpoint, new ImportOptions { Shard = new ShardNumber(2, 2), ShardRules = Rules(("*.weight", 0), ("*", null)) }, progress: null, Token);

        using (module)
        {
            Assert.Equal(4, report.SplitCount);
            Assert.Equal(
                [5L, 5, 5, 1], ModuleTree.GetParameters(module).Where(entry => entry.Name == "weight").Select(entry => entry.Shape[0]));
        }
    }

    [Fact]
    public void AModuleOfTheShapesOfTheShardIsLoaded()
    {
        using var module = nn.Sequential(("up", nn.Linear(4, 2, device: META)), ("down", nn.Linear(3, 4, device: META)));

        var report = ModelLoader.Load(module, Write(), Options(2, 3), progress: null, Token);

        Assert.Equal(("2/3", 3, 4), (report.Shard, report.SplitCount, report.TensorCount));
        AssertIsChunk(module.state_dict()["down.weight"], Whole(4, 7, 200), 2, 1);
    }

    /// <summary>A layer goes on by its own sizes, so that other weights alone would not make it a layer of the shard.</summary>
    [Fact]
    public void AModuleOfTheShapesOfTheWholeIsAnErrorThatSaysWhatToDo()
    {
        using var module = nn.Sequential(("up", nn.Linear(4, 6, device: META)), ("down", nn.Linear(7, 4, device: META)));

        var error = Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(module, Write(), Options(2, 3), progress: null, Token));

        Assert.Equal(["up.weight", "up.bias", "down.weight"], error.Mismatches.Select(mismatch => mismatch.Key));
        Assert.Equal(
            "up.weight: the module has float32 [6, 4], the checkpoint float32 [2, 4]. The module has the shape of the whole tensor: build it with the sizes of the shard, or give none, and it is made after the shard",
            error.Mismatches[0].ToString());
        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal("meta", entry.Device));
    }

    [Fact]
    public void OneLayerOfAShardIsLoadedAfterAnother()
    {
        var checkpoint = Write();
        var (module, _) = ModelLoader.Load(checkpoint, Options(3, 3) with { KeyFilter = new Only("up") }, progress: null, Token);
        using (module)
        {
            Assert.Equal("meta", ModuleTree.GetParameters(module).Single(entry => entry.Key == "down.weight").Device);

            var report = ModelLoader.Load(module, checkpoint, Options(3, 3) with { KeyFilter = new Only("down") }, progress: null, Token);

            Assert.Equal((2, 1), (report.TensorCount, report.SplitCount));
            AssertIsChunk(module.state_dict()["up.weight"], Whole(6, 4, 0), 3, 0);
            AssertIsChunk(module.state_dict()["down.weight"], Whole(4, 7, 200), 3, 1);
        }
    }

    [Fact]
    public void ValuesAreCastAndRenamedAsInAnyLoad()
    {
        var options = Options(1, 3) with { DType = "float64", KeyMap = new KeyRules([KeyRule.FromWildcard("up.*", "in.*")]), ShardRules = Rules(("in.*", 0), ("down.weight", 1), ("down.bias", null)) };

        var (module, report) = ModelLoader.Load(Write(), options, progress: null, Token);

        using (module)
        {
            using var expected = Whole(6, 4, 0).chunk(3)[0].to(float64);
            Assert.Equal(TestFiles.GetBytes(expected), TestFiles.GetBytes(module.state_dict()["in.weight"]));
            Assert.Equal(4, report.CastKeys.Length);
        }
    }

    [Fact]
    public void MoreShardsThanIndicesGiveEmptyTensors()
    {
        var (module, report) = ModelLoader.Load(Write(), Options(8, 8), progress: null, Token);

        using (module)
        {
            Assert.Equal([0, 4], module.state_dict()["up.weight"].shape);
            Assert.Equal(["up.weight", "up.bias", "down.weight"], report.EmptyKeys);
        }
    }

    [Fact]
    public void TiedWeightsAreSplitOnceAndStayTied()
    {
        string path = directory["tied.safetensors"];
        TestFiles.WriteSafetensors(path, ("embed.weight", "F32", [4, 2], TestFiles.Bytes(0f, 1, 2, 3, 4, 5, 6, 7)));
        using var embed = nn.Linear(2, 2, hasBias: false, device: META);
        using var head = nn.Linear(2, 2, hasBias: false, device: META);
        head.weight = embed.weight;
        using var module = nn.Sequential(("embed", embed), ("head", head));

        ModelLoader.Load(module, Checkpoint.Open(path, Token), new ImportOptions { Shard = new ShardNumber(2, 2), ShardRules = Rules(("embed.weight", 0)) }, progress: null, Token);

        Assert.Equal([4f, 5, 6, 7], head.weight!.data<float>().ToArray());
        Assert.Single(ModuleTree.GetParameters(module), entry => entry.TiedTo is not null);
    }

    /// <summary>Weights that older files keep in other names are found first, and then split.</summary>
    [Fact]
    public void OlderNamesAreSplitAsWell()
    {
        string path = directory["old.safetensors"];
        TestFiles.WriteSafetensors(
            path,
            ("norm.weight_v", "F32", [4, 2], TestFiles.Bytes(0f, 1, 2, 3, 4, 5, 6, 7)),
            ("norm.weight_g", "F32", [4, 1], TestFiles.Bytes(10f, 11, 12, 13)));
        using var original = new ModuleContainer();
        using var weight = new ModuleContainer();
        using var parametrizations = new ModuleContainer();
        weight.register_parameter("original0", nn.Parameter(empty(2, 1, device: META)));
        weight.register_parameter("original1", nn.Parameter(empty(2, 2, device: META)));
        parametrizations.Add("weight", weight);
        using var norm = new ModuleContainer();
        norm.Add("parametrizations", parametrizations);
        original.Add("norm", norm);

        var report = ModelLoader.Load(
            original, Checkpoint.Open(path, Token), new ImportOptions { Shard = new ShardNumber(2, 2), ShardRules = Rules(("norm.weight_*", 0)) }, progress: null, Token);

        Assert.Equal(2, report.SplitCount);
        Assert.Equal([12f, 13], original.state_dict()["norm.parametrizations.weight.original0"].data<float>().ToArray());
    }

    /// <summary>Float8 weights and the scales of their blocks, as buffers of a module.</summary>
    [Fact]
    public void ScalesFollowTheirCodes()
    {
        string path = directory["scaled.safetensors"];
        TestFiles.WriteSafetensors(
            path,
            ("q.weight", "F8_E4M3", [256, 128], new byte[256 * 128]),
            ("q.weight_scale_inv", "F32", [2, 1], TestFiles.Bytes(3f, 4)));

        var (module, report) = ModelLoader.Load(
            Checkpoint.Open(path, Token), new ImportOptions { Shard = new ShardNumber(2, 2), ShardRules = Rules(("*.weight", 0)) }, progress: null, Token);

        using (module)
        {
            Assert.Equal([128, 128], module.state_dict()["q.weight"].shape);
            Assert.Equal([4f], module.state_dict()["q.weight_scale_inv"].data<float>().ToArray());
            Assert.Equal(2, report.SplitCount);
        }
    }

    [Fact]
    public void AnEstimateOfAShardIsThatOfItsSlices()
    {
        var estimate = MemoryEstimator.Estimate(Write(), Options(1, 3));

        Assert.Equal(((2 * 4) + 2 + (4 * 3) + 4) * sizeof(float), estimate.ModelBytes);
        Assert.Equal(4 * 3 * sizeof(float), estimate.Mapped.CopiedBytes);
    }

    [Fact]
    public void AKeyWithoutARuleIsAnErrorBeforeAnythingIsTouched()
    {
        using var module = nn.Sequential(("up", nn.Linear(4, 2, device: META)), ("down", nn.Linear(3, 4, device: META)));

        var error = Assert.Throws<CheckpointException>(() => ModelLoader.Load(module, Write(), Options(1, 3) with { ShardRules = Rules(("*.weight", 0)) }, progress: null, Token));

        Assert.Equal(CheckpointErrorIds.ShardInvalid, error.ErrorId);
        Assert.Contains("no rule is for these 2 keys: up.bias, down.bias", error.Message, StringComparison.Ordinal);
        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal("meta", entry.Device));
    }

    [Fact]
    public void APlanSaysWhatALoadWouldDo()
    {
        var plan = ModelLoader.PlanShard(module: null, Write(), Options(3, 3), Token);

        Assert.Equal((3, 1, 0), (plan.SplitCount, plan.WholeCount, plan.EmptyKeys.Count));
        var error = Assert.Throws<ModelException>(() => ModelLoader.PlanShard(module: null, Write(), Options(3, 3) with { ShardRules = null }, Token));
        Assert.Equal(ModelErrorIds.ImportOptionsInvalid, error.ErrorId);
    }

    private static Tensor Whole(long rows, long columns, int first) => arange(first, first + (rows * columns), dtype: float32).view(rows, columns);

    private static void AssertIsChunk(Tensor tensor, Tensor whole, int number, int dimension)
    {
        using var chunk = whole.chunk(3, dimension)[number - 1];
        Assert.Equal(chunk.shape, tensor.shape);
        Assert.Equal(TestFiles.GetBytes(chunk), TestFiles.GetBytes(tensor));
    }

    private static ShardRules Rules(params (string Pattern, int? Dimension)[] rules) => new(
        [.. rules.Select(rule => new ShardRule(KeyRule.FromWildcard(rule.Pattern, null), new ShardPlacement(rule.Dimension)))], areOrdered: true);

    private static ImportOptions Options(int number, int count) => new()
    {
        Shard = new ShardNumber(number, count),
        ShardRules = Rules(("up.*", 0), ("down.weight", -1), ("down.bias", null)),
    };

    private Checkpoint Write()
    {
        string path = directory["model.safetensors"];
        TestFiles.WriteSafetensors(
            path,
            ("up.weight", "F32", [6, 4], TestFiles.GetBytes(Whole(6, 4, 0))),
            ("up.bias", "F32", [6], TestFiles.GetBytes(Whole(6, 1, 100))),
            ("down.weight", "F32", [4, 7], TestFiles.GetBytes(Whole(4, 7, 200))),
            ("down.bias", "F32", [4], TestFiles.GetBytes(Whole(4, 1, 300))));
        return Checkpoint.Open(path, Token);
    }

    private sealed class Only(string start) : IKeyFilter
    {
        public IEnumerable<string> Unmatched => [];

        public bool Includes(string key) => key.StartsWith(start, StringComparison.Ordinal);
    }
}
