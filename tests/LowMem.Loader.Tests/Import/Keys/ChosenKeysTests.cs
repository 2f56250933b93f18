using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Keys;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Keys;

/// <summary>Keys under other names, parts of a module, and what may be missing, left over or of another shape.</summary>
public sealed class ChosenKeysTests : IDisposable
{
    private readonly TempDirectory directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Fact]
    public void KeysAreRenamedBehindThePrefix()
    {
        var checkpoint = Write(Renamed("state_dict.net.", "w", "b"), ("state_dict.net.step", "I64", [], new byte[8]));
        using var module = new BoringModel(META);
        var report = Load(module, checkpoint, new ImportOptions
        {
            KeyMap = new KeyRules([KeyRule.FromWildcard("net.*", "*"), KeyRule.FromWildcard("*.w", "*.weight"), KeyRule.FromWildcard("*.b", "*.bias"), KeyRule.FromWildcard("step", null)]),
        });
        Assert.Equal(("state_dict.", 8, 8, 1), (report.Prefix, report.TensorCount, report.RenamedCount, report.LeftOutCount));
        Assert.Empty(report.UnexpectedKeys);
        AssertValues(module);
    }

    [Fact]
    public void TwoKeysThatBecomeOneAreNamed()
    {
        var checkpoint = Write(("net.a", "F32", [1], new byte[4]), ("net.b", "F32", [1], new byte[4]));
        using var module = new BoringModel(META);
        var error = Assert.Throws<KeyMapException>(() => Load(module, checkpoint, new ImportOptions { KeyMap = new KeyTable(new Dictionary<string, string?> { ["net.a"] = "net.b" }) }));
        Assert.Equal(CheckpointErrorIds.KeyMapInvalid, error.ErrorId);
        Assert.Contains("'net.a' and 'net.b' both become 'net.b'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatDoesNotFitGoesByTheNameItHasInTheCheckpoint()
    {
        var checkpoint = Write(Renamed("x.", "weight", "bias"), ("x.extra", "F32", [1], new byte[4]));
        using var module = new BoringModel(META);
        var options = new ImportOptions { Prefix = "x", KeyMap = new KeyRules([KeyRule.FromWildcard("extra", "head.scale")]) };
        var error = Assert.Throws<ModelMismatchException>(() => Load(module, checkpoint, options));
        Assert.Equal((ModelMismatchKind.UnexpectedKey, "x.extra"), (Assert.Single(error.Mismatches).Kind, error.Mismatches[0].Key));
        Assert.Equal(["x.extra"], Load(module, checkpoint, options with { AllowUnexpected = true }).UnexpectedKeys);
    }

    [Fact]
    public void WithoutAModuleTheOneThatIsBuiltHasTheNewNames()
    {
        var checkpoint = Write(Renamed("model_state_dict.", "w", "bias"));
        var (module, report) = ModelLoader.Load(
            checkpoint, new ImportOptions { KeyMap = new KeyRules([KeyRule.FromWildcard("out_proj.*", null), KeyRule.FromWildcard("*.w", "*.weight")]) }, cancellationToken: Token);
        using (module)
        {
            Assert.Equal(
                ["in_proj.weight", "in_proj.bias", "stages.0.weight", "stages.0.bias", "stages.1.weight", "stages.1.bias"],
                ModuleTree.GetParameters(module).Select(entry => entry.Key));
            Assert.Equal((6, 2), (report.TensorCount, report.LeftOutCount));
        }
    }

    [Fact]
    public void OnlyChosenKeysAreLoadedAndTheOthersStayAsTheyAre()
    {
        var checkpoint = Write(Renamed("", "weight", "bias"), ("stages.9.weight", "F32", [1], new byte[4]));
        using var module = new BoringModel(META);
        var report = Load(module, checkpoint, new ImportOptions { KeyFilter = new Filter(key => !key.StartsWith("stages.", StringComparison.Ordinal)) });
        Assert.Equal(4, report.TensorCount);
        Assert.Empty(report.MissingKeys);
        Assert.Empty(report.UnexpectedKeys);
        Assert.Equal(["stages.0.weight", "stages.0.bias", "stages.1.weight", "stages.1.bias"], report.MetaKeys);
        Assert.Equal(DeviceType.META, module.stages.parameters().First().device_type);
        Assert.Equal(DeviceType.CPU, module.out_proj.weight.device_type);
    }

    [Fact]
    public void AFilterThatLeavesNothingIsAMistake()
    {
        using var module = new BoringModel(META);
        var error = Assert.Throws<ModelException>(() => Load(module, Write(Renamed("", "weight", "bias")), new ImportOptions { KeyFilter = new Filter(_ => false) }));
        Assert.Equal(ModelErrorIds.Mismatch, error.ErrorId);
        Assert.Contains("None of the module's 8 tensors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ANameThatTheModuleLacksIsAMistake()
    {
        using var module = new BoringModel(META);
        var error = Assert.Throws<ModelException>(() => Load(module, Write(Renamed("", "weight", "bias")), new ImportOptions { KeyFilter = new Filter(_ => true, "in_proj.wieght") }));
        Assert.Contains("no 'in_proj.wieght'", error.Message, StringComparison.Ordinal);
        Assert.Equal(DeviceType.META, module.in_proj.weight.device_type);
    }

    [Theory]
    [InlineData(true, false, false, ModelMismatchKind.UnexpectedKey, ModelMismatchKind.Shape)]
    [InlineData(false, true, false, ModelMismatchKind.MissingKey, ModelMismatchKind.Shape)]
    [InlineData(false, false, true, ModelMismatchKind.MissingKey, ModelMismatchKind.UnexpectedKey)]
    public void EachKindOfMismatchIsAllowedByItself(
        bool missing, bool unexpected, bool shape, params ModelMismatchKind[] left)
    {
        using var module = new BoringModel(META);
        var options = new ImportOptions { AllowMissing = missing, AllowUnexpected = unexpected, AllowShapeMismatch = shape };
        var error = Assert.Throws<ModelMismatchException>(() => Load(module, WriteUnfit(), options));
        Assert.Equal(left, error.Mismatches.Select(mismatch => mismatch.Kind));
    }

    [Fact]
    public void WhatWasAllowedIsReportedAndLeftAsItWas()
    {
        using var module = new BoringModel(META);
        var report = Load(module, WriteUnfit(), new ImportOptions { AllowMissing = true, AllowUnexpected = true, AllowShapeMismatch = true });
        Assert.Equal(["out_proj.bias"], report.MissingKeys);
        Assert.Equal(["head.bias"], report.UnexpectedKeys);
        Assert.Equal(["out_proj.weight"], report.ShapeMismatchKeys);
        Assert.Equal(["out_proj.weight", "out_proj.bias"], report.MetaKeys);
        Assert.Equal((6, 6, 0), (report.TensorCount, report.MappedCount, report.CopiedCount));
        Assert.Equal([2, 10], module.out_proj.weight.shape);
    }

    [Fact]
    public void AFileThatHasNothingForTheModuleIsAMismatchWhateverMayBeMissing()
    {
        using var module = new BoringModel(META);
        var checkpoint = Write(("other", "F32", [1], new byte[4]));
        var error = Assert.Throws<ModelMismatchException>(() => Load(module, checkpoint, new ImportOptions { AllowMissing = true, AllowUnexpected = true }));
        Assert.Equal(8, error.Mismatches.Count(mismatch => mismatch.Kind == ModelMismatchKind.MissingKey));
    }

    [Theory]
    [InlineData(false, 4, 4)]
    [InlineData(true, 0, 8)]
    public void TheReportSaysHowManyTensorsAreUsedInPlace(bool resident, int mapped, int copied)
    {
        // A header of 8 n bytes puts the data at a multiple of 8; one byte in front of the biases moves them off their places.
        var tensors = Renamed("", "weight", "bias").OrderByDescending(tensor => tensor.Key.EndsWith("weight", StringComparison.Ordinal)).ToList();
        tensors.Insert(4, ("pad", "U8", [1], new byte[1]));
        using var module = new BoringModel(META);
        var report = Load(module, Write([.. tensors]), new ImportOptions { Resident = resident, AllowUnexpected = true });
        Assert.Equal((mapped, copied), (report.MappedCount, report.CopiedCount));
        AssertValues(module);
    }

    private static LoadReport Load(nn.Module module, Checkpoint checkpoint, ImportOptions options) =>
        ModelLoader.Load(module, checkpoint, options, progress: null, Token);

    private static (string Key, string DType, long[] Shape, byte[] Bytes)[] Renamed(string prefix, string weight, string bias)
    {
        using var module = new BoringModel(CPU);
        return [.. ModuleTree.GetParameters(module).Select(entry => (
            prefix + entry.ModulePath + "." + (entry.Name == "weight" ? weight : bias),
            "F32",
            entry.Shape,
            TestFiles.GetBytes(GetValue(entry))))];
    }

    // A value of its own for each key, so that a mix-up shows.
    private static Tensor GetValue(ModuleParameter entry) =>
        full(entry.Shape, entry.Key.Sum(character => (float)character), dtype: ScalarType.Float32, device: CPU);

    private static void AssertValues(BoringModel module) => Assert.All(
        ModuleTree.GetParameters(module),
        entry => Assert.Equal(TestFiles.GetBytes(GetValue(entry)), TestFiles.GetBytes(entry.Tensor)));

    private Checkpoint WriteUnfit()
    {
        var tensors = Renamed("", "weight", "bias");
        tensors[6] = ("out_proj.weight", "F32", [3, 10], new byte[120]);
        tensors[7] = ("head.bias", "F32", [3], new byte[12]);
        return Write(tensors);
    }

    private Checkpoint Write((string Key, string DType, long[] Shape, byte[] Bytes)[] tensors, params (string Key, string DType, long[] Shape, byte[] Bytes)[] more) =>
        Write([.. tensors, .. more]);

    private Checkpoint Write(params (string Key, string DType, long[] Shape, byte[] Bytes)[] tensors)
    {
        var path = directory["model.safetensors"];
        TestFiles.WriteSafetensors(path, tensors);
        return Checkpoint.Open(path, Token);
    }

    private sealed class Filter(Predicate<string> predicate, params string[] unmatched) : IKeyFilter
    {
        public IEnumerable<string> Unmatched => unmatched;

        public bool Includes(string key) => predicate(key);
    }
}
