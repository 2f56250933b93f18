using LowMem.Checkpoints.Exploring;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Keys;

namespace LowMem.Checkpoints.Tests.Exploring;

/// <summary>A checkpoint as a tree of names.</summary>
public sealed class CheckpointTreeTests
{
    [Fact]
    public void KeysAreSplitAtTheirDotsAndCountedAsAPersonCounts()
    {
        var tree = TreeOf("layers.10.weight", "layers.2.weight", "head", "layers.2.bias");

        Assert.Equal(["head", "layers"], Names(tree.Root));
        Assert.Equal(["2", "10"], Names(tree.Find("layers")!));
        Assert.Equal(["bias", "weight"], Names(tree.Find("layers.2")!));
        Assert.Equal(["layers.2.bias", "layers.2.weight", "layers.10.weight"], tree.Find("layers")!.Tensors.Select(tensor => tensor.Key));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("..")]
    [InlineData("a/b\\c:d")]
    public void EveryKeyIsFoundAgain(string key)
    {
        var node = TreeOf(key, "other").Find(key);

        Assert.Equal(key, node!.Key);
        Assert.Equal(key, node.Tensor!.Key);
    }

    [Fact]
    public void AKeyThatBeginsAnotherIsTensorAndModule()
    {
        var node = TreeOf("a.b", "a").Find("a")!;

        Assert.True(node.IsContainer);
        Assert.Equal("a", node.Tensor!.Key);
        Assert.Equal(["a", "a.b"], node.Tensors.Select(tensor => tensor.Key));
    }

    [Fact]
    public void WhatIsDeeperThanAnyModelStaysOneName()
    {
        string key = string.Join('.', Enumerable.Range(0, 100_000));
        var node = TreeOf(key).Find(key)!;

        Assert.Equal(CheckpointTree.MaxDepth, node.Depth);
        Assert.Equal(key, node.Key);
        Assert.StartsWith("63.64.65.", node.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void FiguresOfEachNodeCountWhatIsSharedOnce()
    {
        var tree = new CheckpointTree(Checkpoint.Open(Fixtures.FixtureFiles.PathOf("shared-storages"), TestContext.Current.CancellationToken));
        var summary = tree.Checkpoint.GetSummary();

        Assert.Equal((summary.TensorCount, summary.ParameterCount, summary.ByteLength), (tree.Root.TensorCount, tree.Root.ParameterCount, tree.Root.ByteLength));
        Assert.Equal(1, tree.Root.Share);
        Assert.True(tree.Root.Children.Sum(child => child.ByteLength) > tree.Root.ByteLength);
    }

    [Fact]
    public void ValuesAreLeaves()
    {
        var tree = new CheckpointTree(TestCheckpoint("w") with { Values = new Dictionary<string, object?> { ["epoch"] = 2L, ["none"] = null } });

        Assert.Equal((true, 2L), (tree.Find("epoch")!.HasValue, tree.Find("epoch")!.Value));
        Assert.True(tree.Find("none")!.HasValue);
        Assert.Equal(0, tree.Find("none")!.TensorCount);
        Assert.Null(tree.Find("epoch.x"));
        Assert.Equal((1, 2), (tree.Root.TensorCount, tree.Root.ValueCount));
    }

    [Theory]
    [InlineData("2", "10")]
    [InlineData("a2b", "a10a")]
    [InlineData("a", "a0")]
    [InlineData("01", "1")]
    [InlineData("9", "99999999999999999999999999")]
    [InlineData("", "a")]
    public void NumbersCompareByValue(string smaller, string larger)
    {
        Assert.True(NaturalOrder.Instance.Compare(smaller, larger) < 0);
        Assert.True(NaturalOrder.Instance.Compare(larger, smaller) > 0);
    }

    private static IEnumerable<string> Names(CheckpointNode node) => node.Children.Select(child => child.Name);

    private static CheckpointTree TreeOf(params string[] keys) => new(TestCheckpoint(keys));

    private static Checkpoint TestCheckpoint(params string[] keys) => new()
    {
        Path = "x",
        Format = CheckpointFormats.Safetensors,
        Files = [],
        Tensors = [.. keys.Select(key => new TensorInfo
        {
            Key = key, DType = "float32", Shape = [1], Stride = [1], ElementCount = 1, ByteLength = 4, Offset = 0, IsContiguous = true,
            Path = "x", Checkpoint = "x", Format = CheckpointFormats.Safetensors,
        })],
    };
}
