using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Tests.Builders;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Comparison;

/// <summary>Which tensors and values are compared with which.</summary>
public sealed class KeysAndValuesTests
{
    [Fact]
    public void WhatOneSideHasAloneWasRemovedOrAdded()
    {
        var result = Compared.Run(
            new SafetensorsBytes().Add("a", 1, 2).Add("b", 1).Build(), new SafetensorsBytes().Add("a", 1, 2).Add("c", 1, 2, 3).Build());

        Assert.Equal([("b", CheckpointChange.Removed), ("c", CheckpointChange.Added)], result.Differences.Select(item => (item.Key, item.Change)));
        Assert.Equal(("b", null, null, "c"), ((result.Differences[0].Reference as TensorInfo)?.Key, result.Differences[0].Difference, result.Differences[0].DifferenceKey, result.Differences[1].DifferenceKey));
    }

    [Fact]
    public void WhatHasTheSameBytesUnderAnotherKeyWasRenamed()
    {
        var result = Compared.Run(
            new SafetensorsBytes().Add("old.weight", 1, 2).Add("gone", 3, 4).Add<Half>("half", "F16", [(Half)1, (Half)2]).Build(),
            new SafetensorsBytes().Add("new.weight", 1, 2).Add("other", 5, 6).Add("whole", 1, 2, 3).Build());

        Assert.Equal(
            [("gone", CheckpointChange.Removed), ("half", CheckpointChange.Removed), ("other", CheckpointChange.Added), ("whole", CheckpointChange.Added), ("old.weight", CheckpointChange.Renamed)],
            result.Differences.Select(item => (item.Key, item.Change)));
        Assert.Equal(("new.weight", 0L, 1.0), (result.Differences[^1].DifferenceKey, result.Differences[^1].DifferingElements, result.Differences[^1].CosineSimilarity));
    }

    [Fact]
    public void AmongManyEqualTensorsTheOneOfTheLikestKeyIsMeant()
    {
        var result = Compared.Run(
            new SafetensorsBytes().Add("a.0.bias", 0, 0).Add("a.1.bias", 0, 0).Add("a.2.bias", 0, 0).Build(),
            new SafetensorsBytes().Add("b.2.bias", 0, 0).Add("b.0.bias", 0, 0).Add("b.1.bias", 0, 0).Build());

        Assert.Equal(
            [("a.0.bias", "b.0.bias"), ("a.1.bias", "b.1.bias"), ("a.2.bias", "b.2.bias")], result.Differences.Select(item => (item.Key, item.DifferenceKey)));
    }

    [Fact]
    public void OnlyCandidatesOfARenamingAreRead()
    {
        var location = Compared.Locate(
            new SafetensorsBytes().Add("alone", new float[100_000]).Build(), new SafetensorsBytes().Add("other", new float[100_001]).Build());

        Assert.Equal(2, Compared.Run(location, Compared.Reference, Compared.Difference).Differences.Count);
        Assert.InRange(location.BytesRead, 0, 100_000);
    }

    [Fact]
    public void OtherShapesAndTypesAreSo()
    {
        var result = Compared.Run(
            new SafetensorsBytes().Add("shape", 1, 2).Add("type", 1, 2).Build(), new SafetensorsBytes().Add("shape", 1, 2, 3).Add<double>("type", "F64", [1.0, 3.0]).Build());

        Assert.Equal([("shape", CheckpointChange.Shape, null), ("type", CheckpointChange.DType, 1L)], result.Differences.Select(item => (item.Key, item.Change, item.DifferingElements)));
    }

    [Fact]
    public void AMapSaysWhatTheReferenceCallsKeys()
    {
        var options = new ComparisonOptions
        {
            KeyMap = new KeyRules([KeyRule.FromWildcard("model.*", "*"), KeyRule.FromWildcard("extra", null)]),
            Includes = key => key != "left.out",
            IncludesEqual = true,
        };
        var result = Compared.Run(
            new SafetensorsBytes().Add("w", 1, 2).Add("left.out", 9).Build(), new SafetensorsBytes().Add("model.w", 1, 2).Add("extra", 3).Build(), options);

        Assert.Equal(("w", "model.w", CheckpointChange.Equal), Assert.Single(result.Differences) is var one ? (one.Key, one.DifferenceKey, one.Change) : default);
    }

    [Theory]
    [InlineData("a.w b.w", "model.a.w model.b.w optimizer.a", "model.* = *, 2")]
    [InlineData("net.model.a net.model.b x", "a b", "* = net.model.*, 2")]
    [InlineData("a.w b.w c.w", "model.a.w other", null)] // Less than half.
    [InlineData("a", "it's.a", null)] // It could not be pasted.
    [InlineData("a", "[x].a", null)]
    [InlineData("a.w", "ba.w", null)] // No name of its own.
    [InlineData("a", "b", null)]
    public void ARuleIsOfferedWhereOneWouldHelp(string reference, string difference, string? rule) =>
        Assert.Equal(rule, PrefixHint.Find(reference.Split(' '), difference.Split(' ')) is { } hint ? $"{hint.Pattern} = {hint.Replacement}, {hint.Count}" : null);

    [Fact]
    public void AMapThatGivesTwoKeysOneNameIsRefused()
    {
        var options = new ComparisonOptions { KeyMap = new KeyRules([KeyRule.FromWildcard("*.w", "w")]) };
        var error = Assert.Throws<KeyMapException>(() => Compared.Run(
            SafetensorsBytes.One("w", 1), new SafetensorsBytes().Add("a.w", 1).Add("b.w", 2).Build(), options));

        Assert.Contains("gives 'a.w' and 'b.w' the one name 'w'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ValuesThatAreNoTensorsAreComparedToo()
    {
        byte[] Make(params (string, byte[])[] items) => ZipBytes.PyTorch([.. Proto(2), .. Dict(items), (byte)'.']).Build();
        byte[] reference = Make(("epoch", Int(3)), ("same", Int(7)), ("name", Text("a")), ("gone", Int(1)), ("betas", Tuple(Int(1), Int(2))));
        byte[] difference = Make(("epoch", Int(4)), ("same", Int(7)), ("name", Text("b")), ("come", Int(2)), ("betas", Tuple(Int(1), Int(3))));
        var result = Compared.Run(reference, difference);

        Assert.Equal(
            ["epoch: Value", "name: Value", "gone: Removed", "betas.1: Value", "come: Added"],
            result.Differences.Select(item => item.ToString()));
        Assert.Equal((3L, 4L, 1.0), (result.Differences[0].Reference, result.Differences[0].Difference, result.Differences[0].MaximumAbsoluteDifference));
        Assert.Equal(4, Compared.Run(reference, difference, new ComparisonOptions { RelativeTolerance = 0.4 }).Differences.Count);
    }

    [Theory]
    [InlineData(1L, 1.0, true)]
    [InlineData(true, 1L, false)]
    [InlineData(double.NaN, double.NaN, true)]
    [InlineData("1", 1L, false)]
    [InlineData(null, null, true)]
    [InlineData(null, 0L, false)]
    [InlineData(new long[] { 1, 2 }, new long[] { 1, 2 }, true)]
    [InlineData(new long[] { 1, 2 }, new long[] { 1 }, false)]
    [InlineData(new long[] { 1 }, new long[] { 1, 2 }, false)]
    [InlineData(new long[] { 1, 2 }, new double[] { 1, 2 }, true)]
    [InlineData(new byte[] { 1 }, new byte[] { 2 }, false)]
    [InlineData(long.MaxValue, long.MaxValue - 1, false)]
    public void ValuesAreEqualByWhatTheyAre(object? reference, object? difference, bool areEqual) =>
        Assert.Equal(areEqual, new ValueComparer(new ComparisonOptions()).AreEqual(reference, difference));

    [Fact]
    public void TheFirstDifferenceIsEnoughWhereThatIsAsked()
    {
        var location = Compared.Locate(
            new SafetensorsBytes().Add("a", 1, 2).Add("w", new float[1_000_000]).Build(), new SafetensorsBytes().Add("w", new float[1_000_000]).Build());
        var result = Compared.Run(location, Compared.Reference, Compared.Difference, new ComparisonOptions { StopsAtFirst = true });

        Assert.False(result.AreEqual);
        Assert.InRange(location.BytesRead, 0, 1_000_000);
        Assert.True(Compared.Run(SafetensorsBytes.One("w", 1), SafetensorsBytes.One("w", 1), new ComparisonOptions { StopsAtFirst = true }).AreEqual);
        Assert.False(Compared.Run(SafetensorsBytes.One("w", 1), SafetensorsBytes.One("w", 2), new ComparisonOptions { StopsAtFirst = true }).AreEqual);
    }

    [Fact]
    public void WhatCannotBeReadIsAFaultAndNeverEqual()
    {
        var result = Compared.Run(Fixtures.FixtureFiles.PathOf("meta"), Fixtures.FixtureFiles.PathOf("meta"));

        Assert.False(result.AreEqual);
        Assert.Empty(result.Differences);
        Assert.All(result.Faults, fault => Assert.Equal(CheckpointErrorIds.Unsupported, fault.ErrorId));
        Assert.Contains("cannot be compared: ", result.Faults[0].Message, StringComparison.Ordinal);
    }
}
