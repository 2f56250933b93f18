using LowMem.Checkpoints.Exploring;
using static LowMem.Checkpoints.Tests.Exploring.ExploredCheckpoint;

namespace LowMem.Checkpoints.Tests.Exploring;

/// <summary>Tensors put together by what they have in common.</summary>
public sealed class TensorGroupTests
{
    private static readonly Checkpoint Model = Of(
        Tensor("embed.weight", "bfloat16", "a", "0", 8, 4),
        Tensor("layers.0.q.weight", "float32", "a", "1", 4, 4),
        Tensor("layers.1.q.weight", "float32", "b", "2", 4, 4),
        Tensor("layers.1.q.bias", "float32", "b", "3", 4),
        Tensor("head.weight", "bfloat16", "a", "0", 8, 4),
        Tensor("step", "int64", "b", "4"));

    [Theory]
    [InlineData(TensorGrouping.Module, "layers.*.q 3 144; embed 1 64; head 1 64;  1 8")]
    [InlineData(TensorGrouping.DType, "float32 3 144; bfloat16 2 64; int64 1 8")]
    [InlineData(TensorGrouping.Shape, "[4, 4] 2 128; [8, 4] 2 64; [4] 1 16; [] 1 8")]
    [InlineData(TensorGrouping.File, "a 3 128; b 3 88")]
    [InlineData(TensorGrouping.Storage, "0 2 64")]
    public void TheLargestComesFirst(TensorGrouping grouping, string expected) => Assert.Equal(
        expected,
        string.Join("; ", TensorGroup.Of(Model, grouping).Select(group => $"{group.Name} {group.TensorCount} {group.ByteLength}")));

    [Fact]
    public void KeysThatShareAStorageAreNamed()
    {
        var group = Assert.Single(TensorGroup.Of(Model, TensorGrouping.Storage));

        Assert.Equal(["embed.weight", "head.weight"], group.Keys);
        Assert.Equal((32L, 64.0 / 216), (group.ParameterCount, group.Share));
        Assert.Equal(2, group.DTypes["bfloat16"]);
    }

    [Fact]
    public void AStorageOfEachFileIsOneOfItsOwn() =>
        Assert.Empty(TensorGroup.Of(Of(Tensor("a", path: "1", storage: "0"), Tensor("b", path: "2", storage: "0")), TensorGrouping.Storage));

    [Theory]
    [InlineData(0, " 6")]
    [InlineData(1, "layers 3; embed 1; head 1;  1")]
    [InlineData(2, "layers.* 3; embed 1; head 1;  1")]
    [InlineData(9, "layers.*.q 3; embed 1; head 1;  1")]
    public void ModulesAreAsDeepAsAsked(int depth, string expected) => Assert.Equal(
        expected,
        string.Join("; ", TensorGroup.Of(Model, TensorGrouping.Module, depth).Select(group => $"{group.Name} {group.TensorCount}")));
}
