using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Safety.Known;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Safety;

/// <summary>The names that other scanners list: nothing that one of them calls dangerous is known here.</summary>
public sealed class NameListTests
{
    private static string[] Dangerous { get; } = Read("dangerous-names.txt");

    private static string[] Safe { get; } = Read("safe-names.txt");

    [Fact]
    public void KnowsNothingThatOthersCallDangerous()
    {
        Assert.Equal(520, Dangerous.Length);
        Assert.DoesNotContain(Dangerous, name => GlobalClassifier.Classify(name) == GlobalRisk.Known);
    }

    [Fact]
    public void CallsMostOfThoseDangerousItself() =>
        Assert.InRange(Dangerous.Count(name => GlobalClassifier.Classify(name) == GlobalRisk.Dangerous), 465, 520);

    /// <summary>Data types become known; what runs, loads, draws or opens stays unknown, whoever calls it safe.</summary>
    [Fact]
    public void KnowsTheDataTypesAmongWhatOthersCallSafe()
    {
        Assert.Equal(825, Safe.Length);
        Assert.InRange(Safe.Count(name => GlobalClassifier.Classify(name) == GlobalRisk.Known), 400, 600);
    }

    [Theory]
    [InlineData("__builtin__.print")]
    [InlineData("numpy.array")]
    [InlineData("sklearn.isotonic.IsotonicRegression")]
    [InlineData("sklearn.tree._tree.Tree")]
    [InlineData("tokenizers.Tokenizer")]
    [InlineData("torch.utils.data.DataLoader")]
    [InlineData("transformers.AutoModel")]
    [InlineData("ultralytics.nn.modules.conv.Conv")]
    [InlineData("xgboost.core.Booster")]
    public void DoesNotTakeAnotherScannersWordForIt(string name)
    {
        Assert.Contains(name, Safe);
        Assert.Equal(GlobalRisk.Unknown, GlobalClassifier.Classify(name));
    }

    [Fact]
    public void WhatIsKnownIsOnNoOtherList() => Assert.All(
        KnownGlobals.Names,
        name => Assert.False(
            DangerousGlobals.Names.Contains(name) || DangerousGlobals.Names.Contains(ModuleAliases.Resolve(name)), name));

    private static string[] Read(string file) => File.ReadAllLines(Path.Combine(FixtureFiles.Directory, "names", file));
}
