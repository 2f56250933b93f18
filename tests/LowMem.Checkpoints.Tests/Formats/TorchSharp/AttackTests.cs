using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.TorchSharp;

/// <summary>TorchSharp's own files that are made to cost much.</summary>
public sealed class AttackTests
{
    private const int Million = 1 << 20;

    [Fact]
    public void ACountOf2ToThe62CostsNothing()
    {
        var (_, error) = Cost.Open(
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, .. TorchSharpBytes.Entry("a", TorchSharpBytes.Float32, [1], 4)], maxAllocated: Million);

        Assert.Equal(CheckpointErrorIds.Truncated, error!.ErrorId);
        Assert.Contains("with 4611686018427387904 tensors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ASizeOf2ToThe62CostsNothing()
    {
        var (_, error) = Cost.Open([1, 1, (byte)'a', 0, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0, 0, 0, 0], maxAllocated: Million);

        Assert.Equal(CheckpointErrorIds.Truncated, error!.ErrorId);
        Assert.Contains("of 4611686018427387918 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHundredThousandEmptyTensorsAreListed()
    {
        const int count = 100_000;
        var content = new List<byte> { 0xa0, 0x8d, 0x06 };
        for (int i = 0; i < count; i++)
        {
            content.AddRange(TorchSharpBytes.Entry($"{i}", TorchSharpBytes.Float32, [0], 0));
        }

        var (checkpoint, _) = Cost.Open([.. content]);

        Assert.Equal(count, checkpoint!.Tensors.Count);
    }
}
