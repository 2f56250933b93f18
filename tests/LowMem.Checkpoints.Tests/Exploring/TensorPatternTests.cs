using LowMem.Checkpoints.Exploring;
using static LowMem.Checkpoints.Tests.Exploring.ExploredCheckpoint;

namespace LowMem.Checkpoints.Tests.Exploring;

/// <summary>Keys with their numbers folded.</summary>
public sealed class TensorPatternTests
{
    [Fact]
    public void TensorsThatDifferInTheirNumbersAreOnePattern()
    {
        var pattern = Assert.Single(TensorPattern.Of(Of(Enumerable.Range(0, 32).Select(layer => Tensor($"layers.{layer}.attn.q.weight", "bfloat16", shape: [4, 2])))));

        Assert.Equal("layers.*.attn.q.weight  32 x [4, 2] bfloat16", pattern.ToString());
        Assert.Equal(["0..31"], pattern.Numbers);
        Assert.Equal((256L, 512L, 1.0), (pattern.ParameterCount, pattern.ByteLength, pattern.Share));
        Assert.Equal("m.bin", pattern.Checkpoint);
    }

    [Fact]
    public void OneOfSeveralTypesOrShapesComesForEachOfThem()
    {
        var patterns = TensorPattern.Of(Of(
            Tensor("l.0.w", shape: [2]), Tensor("l.1.w", shape: [3]), Tensor("head", shape: []), Tensor("l.2.w", "int8", shape: [2]), Tensor("l.7.w", shape: [2])));

        Assert.Equal(
            ["l.*.w  2 x [2] float32", "l.*.w  1 x [3] float32", "head  1 x [] float32", "l.*.w  1 x [2] int8"],
            patterns.Select(pattern => pattern.ToString()));
        Assert.Equal(["0, 7"], patterns[0].Numbers);
        Assert.Empty(patterns[2].Numbers);
    }

    [Theory]
    [InlineData("layers.10.experts.3.w1.weight", "layers.*.experts.*.w1.weight", "10 3")]
    [InlineData("layer1.0.conv2.weight", "layer1.*.conv2.weight", "0")]
    [InlineData("h.5.ln_1.weight", "h.*.ln_1.weight", "5")]
    [InlineData("0", "*", "0")]
    [InlineData("", "", "")]
    [InlineData("a..1", "a..*", "1")]
    [InlineData("a.007", "a.*", "7")]
    [InlineData("a.-1", "a.-1", "")]
    [InlineData("a.1e3", "a.1e3", "")]
    [InlineData("a.1234567890123456789", "a.1234567890123456789", "")]
    [InlineData("a.\u0663", "a.\u0663", "")]
    [InlineData("a[0].*.`b?", "a`[0`].`*.``b`?", "")]
    public void ANumberIsAWholeNameOfDigits(string key, string pattern, string numbers)
    {
        var folded = FoldedKey.Of(key);

        Assert.Equal((pattern, numbers), (folded.Pattern, string.Join(' ', folded.Numbers)));
    }

    [Theory]
    [InlineData("0 1 2 3", "0..3")]
    [InlineData("5 3 4 3", "3..5")]
    [InlineData("7", "7")]
    [InlineData("0 1 3 5 6", "0..1, 3, 5..6")]
    [InlineData("3 7 11 15 19 23 27 31", "3, 7, 11, ..., 31")]
    [InlineData("0 999999999999999999", "0, 999999999999999999")]
    public void NumbersAreRanges(string numbers, string text) => Assert.Equal(text, NumberRanges.Of(numbers.Split(' ').Select(long.Parse)));

    [Fact]
    public void AKeyOfManyNumbersFoldsTheFirstOfThem()
    {
        var pattern = Assert.Single(TensorPattern.Of(OfKeys(string.Join('.', Enumerable.Range(0, 100_000)))));

        Assert.Equal(CheckpointTree.MaxDepth - 1, pattern.Numbers.Length);
    }

    [Fact]
    public void SharedBytesCountOnce()
    {
        var patterns = TensorPattern.Of(Of(Tensor("a.0", storage: "s", shape: [4]), Tensor("a.1", storage: "s", shape: [4])));

        Assert.Equal((2, 16L, 4L), (patterns[0].Count, patterns[0].ByteLength, patterns[0].ParameterCount));
    }
}
