using LowMem.Checkpoints.Exploring;
using static LowMem.Checkpoints.Tests.Exploring.ExploredCheckpoint;

namespace LowMem.Checkpoints.Tests.Exploring;

/// <summary>A checkpoint as lines of a tree.</summary>
public sealed class TreeOutlineTests
{
    [Fact]
    public void BlocksThatAreAlikeAreOneLineWithTheFiguresOfAll()
    {
        var lines = LinesOf([Tensor("embed.weight", shape: [8, 4]), .. Blocks(0..3)]);

        Assert.Equal(
            [(0, "m.bin", 1), (1, "embed.weight", 1), (1, "layers.[0..2]", 3), (2, "attn", 3), (2, "norm.weight", 3)],
            lines.Select(line => (line.Depth, line.Name, line.Count)));
        Assert.Equal((9, 3 * 10, 3 * 40L), (lines[2].TensorCount, lines[2].ParameterCount, lines[2].ByteLength));
        Assert.Equal("bias [2], weight [2, 3]", lines[3].Contents);
        Assert.Equal([2], lines[4].Shape!);
        Assert.Equal(lines[2].ByteLength, lines[3].ByteLength + lines[4].ByteLength);
        Assert.Equal(120.0 / 248, lines[2].Share);
    }

    [Fact]
    public void BlocksThatDifferAreShownAndRunsHaveTheirGaps()
    {
        var other = Tensor("layers.3.attn.gate", shape: [1]);
        var lines = LinesOf([.. Blocks(0..6), .. Blocks(8..9), other, Tensor("layers.11.x", shape: [])]);

        Assert.Equal(
            ["m.bin", "layers", "[0..2, 4..5, 8]", "attn", "norm.weight", "3", "attn", "norm.weight", "11.x"],
            lines.Select(line => line.Name));
        Assert.Equal([1, 1, 6, 6, 6, 1, 1, 1, 1], lines.Select(line => line.Count));
    }

    [Fact]
    public void TypeAndShapeMakeBlocksDiffer()
    {
        var lines = LinesOf([Tensor("l.0.w", shape: [2]), Tensor("l.1.w", "bfloat16", shape: [2]), Tensor("l.2.w", shape: [1, 2]), Tensor("l.3.w", shape: [2])]);

        Assert.Equal(["m.bin", "l", "[0, 3].w", "1.w", "2.w"], lines.Select(line => line.Name));
    }

    [Fact]
    public void BlocksInBlocksAreCounted()
    {
        var lines = LinesOf(Enumerable.Range(0, 4).SelectMany(layer => Enumerable.Range(0, 8).Select(expert => Tensor($"layers.{layer}.experts.{expert}.w", shape: [2]))));

        Assert.Equal([("m.bin", 1), ("layers.[0..3].experts.[0..7].w", 32)], lines.Select(line => (line.Name, line.Count)));
        Assert.Equal("layers.*.experts.*.w", lines[1].Pattern);
    }

    [Fact]
    public void ExpandedEachBlockHasItsLines()
    {
        var tree = new CheckpointTree(Of(Blocks(0..2)));

        Assert.Equal(
            ["m.bin", "layers", "0", "attn", "norm.weight", "1", "attn", "norm.weight"],
            TreeOutline.Of(tree, expand: true).Select(line => line.Name));
    }

    [Fact]
    public void DeeperLinesAreLeftOutButCounted()
    {
        var tree = new CheckpointTree(Of([Tensor("head", shape: []), .. Blocks(0..2)]));

        Assert.Equal(["m.bin"], TreeOutline.Of(tree, maxDepth: 0).Select(line => line.Name));
        Assert.Equal([("m.bin", 7), ("head", 1), ("layers.[0..1]", 6)], TreeOutline.Of(tree, maxDepth: 1).Select(line => (line.Name, line.TensorCount)));
    }

    [Fact]
    public void BranchesTellWhatFollows()
    {
        var lines = LinesOf([Tensor("a.b.c"), Tensor("a.b.d.e.f"), Tensor("a.b.d.g"), Tensor("h")]);

        Assert.Equal(["m.bin", "a.b", "c", "d", "e.f", "g", "h"], lines.Select(line => line.Name));
        Assert.Equal(["", "|", "||", "| ", "| |", "|  ", " "], lines.Select(line => line.Branches));
    }

    [Fact]
    public void WhatIsSharedCountsOnceInWhatSharesIt()
    {
        var lines = LinesOf([Tensor("head.weight", storage: "s", shape: [4]), Tensor("embed.weight", storage: "s", shape: [4])]);

        Assert.Equal([16L, 16L, 16L], lines.Select(line => line.ByteLength));
        Assert.Equal([1.0, 1.0, 1.0], lines.Select(line => line.Share));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("a.0")]
    [InlineData("*.[1]")]
    public void EveryKeyHasALineOfItsOwn(string key)
    {
        var line = Assert.Single(LinesOf([Tensor(key)]), line => line.Depth > 0);

        Assert.Equal(key, line.Name);
        Assert.Equal(FoldedKey.Escape(key), line.Pattern);
    }

    [Fact]
    public void AKeyThatBeginsAnotherHasALine()
    {
        var lines = LinesOf([Tensor("a"), Tensor("a.b"), Tensor("a.c")]);

        Assert.Equal([("m.bin", "*"), ("a", "a*"), ("b", "a.b"), ("c", "a.c")], lines.Select(line => (line.Name, line.Pattern)));
    }

    [Fact]
    public void ValuesHaveNoLinesAndMakeNoDifference()
    {
        var checkpoint = Of([Tensor("state.0.step"), Tensor("state.1.step")]) with { Values = new Dictionary<string, object?> { ["state.0.lr"] = 1L, ["epoch"] = 2L } };

        Assert.Equal(["m.bin", "state.[0..1].step"], TreeOutline.Of(new CheckpointTree(checkpoint)).Select(line => line.Name));
    }

    [Fact]
    public void NothingIsOneLine() => Assert.Equal(0, Assert.Single(LinesOf([])).TensorCount);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void HostileKeysAreBounded(int kind)
    {
        string[] keys = kind == 1
            ? [new string('.', 1_000_000), string.Join('.', Enumerable.Range(0, 100_000))]
            : [.. Enumerable.Range(0, 20_000).Select(number => $"{string.Join('.', Enumerable.Repeat("d", 62))}.{number}.x{number}")];
        var lines = LinesOf(keys.Select(key => Tensor(key)));

        Assert.True(lines.Count <= keys.Length + 2);
        Assert.All(lines, line => Assert.True(line.Depth <= CheckpointTree.MaxDepth));
    }

    private static List<CheckpointTreeLine> LinesOf(IEnumerable<TensorInfo> tensors) => [.. TreeOutline.Of(new CheckpointTree(Of(tensors)))];

    private static IEnumerable<TensorInfo> Blocks(Range range) => Enumerable.Range(range.Start.Value, range.End.Value - range.Start.Value).SelectMany(number => new[]
    {
        Tensor($"layers.{number}.attn.weight", shape: [2, 3]),
        Tensor($"layers.{number}.attn.bias", shape: [2]),
        Tensor($"layers.{number}.norm.weight", shape: [2]),
    });
}
