using System.Text;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.TorchSharp;

/// <summary>TorchSharp's own files, which have no magic number: what is taken for one.</summary>
public sealed class EdgeCaseTests
{
    [Fact]
    public void ListsTheTensorsWithTheirPlaces()
    {
        using var file = MutatedFile.With([2, .. TorchSharpBytes.Entry("weight", TorchSharpBytes.Float32, [2, 3], 24), .. TorchSharpBytes.Entry("steps", 4, [], 8)]);

        var checkpoint = file.Open();

        Assert.Equal(CheckpointFormats.TorchSharp, checkpoint.Format);
        Assert.Equal(["weight", "steps"], checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Equal(["float32", "int64"], checkpoint.Tensors.Select(tensor => tensor.DType));
        Assert.Equal([12L, 44L], checkpoint.Tensors.Select(tensor => tensor.Offset));
        Assert.Equal([2L, 3], checkpoint.Tensors[0].Shape);
        Assert.Empty(checkpoint.Tensors[1].Shape);
    }

    [Fact]
    public void ReadsASingleTensorWithoutAName()
    {
        using var file = MutatedFile.With([TorchSharpBytes.Float32, 2, 2, 3, .. new byte[24]]);

        var tensor = Assert.Single(file.Open().Tensors);

        Assert.Equal(("(root)", 4L), (tensor.Key, tensor.Offset));
    }

    [Fact]
    public void ReadsNumbersOfSeveralBytes()
    {
        using var file = MutatedFile.With([1, .. TorchSharpBytes.Entry("bias", TorchSharpBytes.Float32, [300], 1200, encodedShape: [0xac, 2])]);

        Assert.Equal([300L], Assert.Single(file.Open().Tensors).Shape);
    }

    [Fact]
    public void Tells123TensorsFromAJSONObject()
    {
        using var file = MutatedFile.With([123, .. Enumerable.Range(0, 123).SelectMany(i => TorchSharpBytes.Entry($"layer{i}", TorchSharpBytes.Float32, [1], 4))]);

        Assert.Equal(123, file.Open().Tensors.Count);
    }

    [Fact]
    public void TellsATensorOf123ElementsFromASafetensorsHeader()
    {
        using var file = MutatedFile.With([1, .. TorchSharpBytes.Entry("bias", TorchSharpBytes.Float32, [123], 492)]);

        Assert.Equal(CheckpointFormats.TorchSharp, file.Open().Format);
    }

    [Fact]
    public void ListsTensorsWithoutElementsAndWithoutDimensions()
    {
        using var file = MutatedFile.With(
            [3, .. TorchSharpBytes.Entry("empty", TorchSharpBytes.Float32, [3, 0, 2], 0), .. TorchSharpBytes.Entry("one", TorchSharpBytes.Float32, [], 4),
                .. TorchSharpBytes.Entry("none", TorchSharpBytes.Float32, [0], 0)]);

        var tensors = file.Open().Tensors;

        Assert.Equal([0L, 1, 0], tensors.Select(tensor => tensor.ElementCount));
        Assert.Equal(new FileInfo(file.Path).Length, tensors[2].Offset);
        Assert.All(tensors, tensor => Assert.True(tensor.IsContiguous));
    }

    [Theory]
    [InlineData("größe.权重.🔥")]
    [InlineData(" ")]
    [InlineData("../../etc/passwd")]
    public void TakesANameAsItIs(string name)
    {
        using var file = MutatedFile.With([1, .. TorchSharpBytes.Entry(name, TorchSharpBytes.Float32, [1], 4)]);

        Assert.Equal(name, Assert.Single(file.Open().Tensors).Key);
    }

    [Fact]
    public void TakesANameOf4096Bytes()
    {
        string name = new string('n', 4096);
        using var file = MutatedFile.With([1, 0x80, 0x20, .. Encoding.ASCII.GetBytes(name), TorchSharpBytes.Float32, 1, 1, 0, 0, 0, 0]);

        Assert.Equal(name, Assert.Single(file.Open().Tensors).Key);
    }

    [Fact]
    public void ReadsNumbersThatAreLongerThanTheyNeedBe()
    {
        // 1 and 2 as LEB128 of three bytes: no writer does, every reader of such numbers takes it.
        using var file = MutatedFile.With([0x81, 0x80, 0, 1, (byte)'w', TorchSharpBytes.Float32, 1, 0x82, 0x80, 0, .. new byte[8]]);

        Assert.Equal([2L], Assert.Single(file.Open().Tensors).Shape);
    }

    [Fact]
    public void Takes64Dimensions()
    {
        using var file = MutatedFile.With(
            [1, .. TorchSharpBytes.Entry("deep", TorchSharpBytes.Float32, [.. Enumerable.Repeat((byte)1, 64)], 4)]);

        Assert.Equal(64, Assert.Single(file.Open().Tensors).Shape.Length);
    }
}
