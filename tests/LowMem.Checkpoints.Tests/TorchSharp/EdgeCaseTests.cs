using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;

namespace LowMem.Checkpoints.Tests.TorchSharp;

/// <summary>TorchSharp's own files, which have no magic number: what is taken for one.</summary>
public sealed class EdgeCaseTests
{
    [Fact]
    public void Lists_the_tensors_with_their_places()
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
    public void Reads_a_single_tensor_without_a_name()
    {
        using var file = MutatedFile.With([TorchSharpBytes.Float32, 2, 2, 3, .. new byte[24]]);

        var tensor = Assert.Single(file.Open().Tensors);

        Assert.Equal(("(root)", 4L), (tensor.Key, tensor.Offset));
    }

    [Fact]
    public void Reads_numbers_of_several_bytes()
    {
        using var file = MutatedFile.With([1, .. TorchSharpBytes.Entry("bias", TorchSharpBytes.Float32, [300], 1200, encodedShape: [0xac, 2])]);

        Assert.Equal([300L], Assert.Single(file.Open().Tensors).Shape);
    }

    [Fact]
    public void Tells_123_tensors_from_a_JSON_object()
    {
        using var file = MutatedFile.With([123, .. Enumerable.Range(0, 123).SelectMany(i => TorchSharpBytes.Entry($"layer{i}", TorchSharpBytes.Float32, [1], 4))]);

        Assert.Equal(123, file.Open().Tensors.Count);
    }

    [Fact]
    public void Tells_a_tensor_of_123_elements_from_a_safetensors_header()
    {
        using var file = MutatedFile.With([1, .. TorchSharpBytes.Entry("bias", TorchSharpBytes.Float32, [123], 492)]);

        Assert.Equal(CheckpointFormats.TorchSharp, file.Open().Format);
    }
}
