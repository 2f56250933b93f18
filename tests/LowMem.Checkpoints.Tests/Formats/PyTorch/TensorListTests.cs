using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch;

/// <summary>Tensors that are described when they are asked for are the same each time, and nobody's but the asker's.</summary>
public sealed class TensorListTests
{
    [Theory]
    [InlineData("moving-average")]
    [InlineData("state-dict")]
    [InlineData("containers")]
    public void HasTheSameTensorsByNumberAndInARow(string fixture)
    {
        var tensors = Checkpoint.Open(FixtureFiles.PathOf(fixture), TestContext.Current.CancellationToken).Tensors;

        TensorInfo[] inARow = [.. tensors];
        Assert.Equivalent(inARow, Enumerable.Range(0, tensors.Count).Select(i => tensors[i]).ToArray(), strict: true);
    }

    [Fact]
    public void HasNoTensorBeyondItsEnds()
    {
        var tensors = Checkpoint.Open(FixtureFiles.PathOf("moving-average"), TestContext.Current.CancellationToken).Tensors;

        Assert.Throws<ArgumentOutOfRangeException>(() => tensors[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensors[tensors.Count]);
    }

    [Fact]
    public void GivesOutSizesThatAreNotShared()
    {
        var tensors = Checkpoint.Open(FixtureFiles.PathOf("moving-average"), TestContext.Current.CancellationToken).Tensors;
        var alike = tensors.Where(tensor => tensor.Key.EndsWith("layers.0.weight", StringComparison.Ordinal)).ToList();
        Assert.True(alike.Count > 2);

        alike[0].Shape[0] = 99;
        alike[1].Stride[0] = 99;

        Assert.All(alike.Skip(2), tensor => Assert.Equal([1L, 2L], tensor.Shape));
        Assert.DoesNotContain(tensors.Where(tensor => tensor.Key.StartsWith("again.", StringComparison.Ordinal)), tensor => tensor.Shape[0] == 99 || tensor.Stride[0] == 99);
    }
}
