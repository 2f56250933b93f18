using LowMem.Checkpoints.Keys;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Tests.Skeletons;

namespace LowMem.Loader.Tests.Import.Planning;

/// <summary>When one rename would make everything fit, the error says which, ready to paste.</summary>
public class RenameTests
{
    private static readonly (string Key, long[] Shape)[] Model =
        [("in.weight", [2, 3]), ("in.bias", [2]), ("layers.0.weight", [4]), ("layers.1.weight", [4]), ("out.weight", [5])];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("enc.", "", "-Prefix '' -KeyMap @{ '*' = 'enc.*' }")]
    [InlineData("enc.model.", "", "-Prefix '' -KeyMap @{ '*' = 'enc.model.*' }")]
    [InlineData("_orig_mod.", "", "-Prefix '' -KeyMap @{ '*' = '_orig_mod.*' }")]
    [InlineData("enc.", "module.", "-Prefix 'module.' -KeyMap @{ '*' = 'enc.*' }")]
    [InlineData("model.", "state_dict.net.", "-Prefix 'state_dict.net.' -KeyMap @{ '*' = 'model.*' }")]
    public void OtherNamesInFrontOfAllKeys(string ofModule, string ofFile, string wanted)
    {
        var error = Fail(Model.Select(entry => (ofModule + entry.Key, entry.Shape)), Model.Select(entry => (ofFile + entry.Key, entry.Shape)));
        Assert.Equal(wanted, error.Rename?.ToString());
        Assert.Contains($"One rename makes all of it fit: {wanted}", error.Message, StringComparison.Ordinal);
        Assert.Contains("  and 5 more", error.Message, StringComparison.Ordinal);
        Assert.Equal(10, error.Mismatches.Count);
        AssertFits(ofModule, ofFile, error.Rename!);
    }

    [Theory]
    [InlineData("layers.", "h.", @"-Prefix '' -KeyMap @{ [regex] '(?<![^.])h(?![^.])' = 'layers' }")]
    [InlineData("layers.", "layers.base.", @"-Prefix '' -KeyMap @{ [regex] '(?<![^.])base\.' = '' }")]
    public void OtherNamesInsideOfKeys(string ofModule, string ofFile, string wanted)
    {
        var error = Fail(
            Model.Select(entry => (entry.Key.Replace("layers.", ofModule, StringComparison.Ordinal), entry.Shape)),
            Model.Select(entry => (entry.Key.Replace("layers.", ofFile, StringComparison.Ordinal), entry.Shape)));
        Assert.Equal(wanted, error.Rename?.ToString());
    }

    [Fact]
    public void TheSameNamesAgainAreNoRename()
    {
        // It would fit, since it leaves out the key that is not under them.
        var error = Fail([("word.weight", [5, 4])], [("word.weight", [5, 4]), ("position_ids", [1, 5])]);
        Assert.Null(error.Rename);
        Assert.Contains("position_ids is unexpected", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnOptimizerBesideTheWeightsDoesNotMatter()
    {
        var error = Fail(
            Model.Select(entry => ("enc." + entry.Key, entry.Shape)),
            [.. Model.Select(entry => ("net." + entry.Key, entry.Shape)), ("optimizer.state.0.exp_avg", [2, 3])]);
        Assert.Equal("-Prefix 'net.' -KeyMap @{ '*' = 'enc.*' }", error.Rename?.ToString());
    }

    public static TheoryData<(string, long[])[], ImportOptions> NoRename => new()
    {
        // One key more than the module has, one fewer, one of another shape.
        { [.. Model, ("extra", [1])], new ImportOptions() },
        { Model[1..], new ImportOptions() },
        { [.. Model[1..], ("in.weight", [3, 2])], new ImportOptions() },

        // Two that fit: which is meant is for the user to say.
        { [.. Model.Select(entry => ("ema." + entry.Key, entry.Shape)), .. Model.Select(entry => ("net." + entry.Key, entry.Shape))], new ImportOptions() },

        // Names that could not be pasted as they are.
        { [.. Model.Select(entry => ("it's." + entry.Key, entry.Shape))], new ImportOptions() },
        { [.. Model.Select(entry => ("'; calc; '." + entry.Key, entry.Shape))], new ImportOptions() },
        { [.. Model.Select(entry => ("\u2019." + entry.Key, entry.Shape))], new ImportOptions() },
        { [.. Model.Select(entry => ("\u001b[31m." + entry.Key, entry.Shape))], new ImportOptions() },
        { [.. Model.Select(entry => ("\u202e." + entry.Key, entry.Shape))], new ImportOptions() },
        { [.. Model.Select(entry => ("*." + entry.Key, entry.Shape))], new ImportOptions() },
        { [.. Model.Select(entry => ("$(x)." + entry.Key, entry.Shape))], new ImportOptions() },
        { [.. Model.Select(entry => (new string('k', 1200) + "." + entry.Key, entry.Shape))], new ImportOptions() },
    };

    [Theory]
    [MemberData(nameof(NoRename), DisableDiscoveryEnumeration = true)]
    public void WhatAlmostFitsIsNoSuggestion((string, long[])[] file, ImportOptions options)
    {
        var error = Fail(Model.Select(entry => ("enc." + entry.Key, entry.Shape)), file, options);
        Assert.Null(error.Rename);
        Assert.DoesNotContain("-KeyMap", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202e", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(new string('k', 300), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatMayBeMissingOrLeftOverMayBeSoAfterTheRename()
    {
        (string, long[])[] more = [.. Model, ("head.weight", [7])];
        Assert.Equal(
            "-Prefix '' -KeyMap @{ '*' = 'enc.*' }",
            Fail(Model.Select(entry => ("enc." + entry.Key, entry.Shape)), more, new ImportOptions { AllowUnexpected = true }).Rename?.ToString());
        Assert.Equal(
            "-Prefix '' -KeyMap @{ '*' = 'enc.*' }",
            Fail([.. Model.Select(entry => ("enc." + entry.Key, entry.Shape)), ("head.scale", [7])], Model, new ImportOptions { AllowMissing = true }).Rename?.ToString());
    }

    [Fact]
    public void AKeyThatWasMistypedIsNamedBesideTheOneThatIsMissing()
    {
        var error = Fail(Model, [.. Model[1..4], ("in.wieght", [2, 3]), ("out.weigth", [5])]);
        Assert.Null(error.Rename);
        Assert.Equal("The checkpoint has in.wieght of this shape: did you mean that?", error.Mismatches[0].Advice);
        Assert.Equal("The checkpoint has out.weigth of this shape: did you mean that?", error.Mismatches[1].Advice);

        // Another layer, or another shape, is no slip of the pen.
        Assert.Null(Fail(Model, [.. Model[..3], Model[4], ("layers.2.weight", [4]), ("more", [1])]).Mismatches[0].Advice);
        Assert.Null(Fail(Model, [.. Model[1..], ("in.wieght", [3, 2])]).Mismatches[0].Advice);
    }

    [Theory]
    [InlineData(20_000, "layers.{0}.attention.weight", "h.{0}.weight.x")]
    [InlineData(20_000, "a.layers.{0}.weight", "b.c.blocks.{0}.kernel")]
    [InlineData(100_000, "layers.{0}.weight", "layers.{0}.wieght")]
    public void ManyMismatchesAreToldInABoundedMessage(int count, string ofModule, string ofFile)
    {
        var error = Fail(
            Enumerable.Range(0, count).Select(i => (string.Format(null, ofModule, i), new long[] { 2 })),
            Enumerable.Range(0, count - 1).Select(i => (string.Format(null, ofFile, i), new long[] { 2 })));
        Assert.Null(error.Rename);
        Assert.Equal((2 * count) - 1, error.Mismatches.Count);
        Assert.InRange(error.Message.Length, 1, 20_000);
    }

    private static void AssertFits(string ofModule, string ofFile, KeyRename rename)
    {
        using var module = Create(Model.Select(entry => (ofModule + entry.Key, entry.Shape)));
        var checkpoint = SyntheticCheckpoint.Create([.. Model.Select(entry => SyntheticCheckpoint.CreateTensor(ofFile + entry.Key, "float32", entry.Shape))]);
        var rule = rename.IsRegex ? KeyRule.FromRegex(new(rename.Pattern), rename.Replacement) : KeyRule.FromWildcard(rename.Pattern, rename.Replacement);
        var plan = ModelFit.Check(module, checkpoint with { Tensors = [.. checkpoint.Tensors.Select(tensor => tensor with { Key = Rename(tensor.Key) })] }, prefix: "", Token);
        Assert.Empty(plan);

        string Rename(string key)
        {
            rule.TryApply(key[rename.Prefix.Length..], out var renamed);
            return renamed!;
        }
    }

    private static ModelMismatchException Fail(IEnumerable<(string Key, long[] Shape)> module, IEnumerable<(string Key, long[] Shape)> file, ImportOptions? options = null)
    {
        using var model = Create(module);
        var checkpoint = SyntheticCheckpoint.Create([.. file.Select(entry => SyntheticCheckpoint.CreateTensor(entry.Key, "float32", entry.Shape))]);
        return Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(model, checkpoint, options ?? new ImportOptions(), progress: null, Token));
    }

    private static ModuleContainer Create(IEnumerable<(string Key, long[] Shape)> tensors) => SkeletonBuilder.FromCheckpoint(
        SyntheticCheckpoint.Create([.. tensors.Select(entry => SyntheticCheckpoint.CreateTensor(entry.Key, "float32", entry.Shape))]), prefix: "", Token);
}
