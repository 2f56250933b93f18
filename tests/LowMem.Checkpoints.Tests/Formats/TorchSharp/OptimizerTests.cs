using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Formats.TorchSharp;

/// <summary>What TorchSharp's optimizers save; LowMem.Loader.Tests compares with TorchSharp itself.</summary>
public sealed class OptimizerTests
{
    private static readonly byte[] Options =
        [.. Double(0.1), .. Double(0.2), .. Double(0.9), .. Double(0), .. Double(0.01), 1, 0];

    private static readonly byte[] Momentum = [1, 6, 1, 2, .. new byte[8]];

    [Fact]
    public void ListsWhatItHolds()
    {
        using var file = MutatedFile.With([3, .. "SGD"u8, 1, 3, .. Options, 0, .. Momentum, 0]);

        var checkpoint = file.Open();

        Assert.Equal((CheckpointFormats.TorchSharp, "SGD"), (checkpoint.Format, checkpoint.Metadata["optimizer"]));
        var tensor = Assert.Single(checkpoint.Tensors);
        Assert.Equal(("state.1.momentum_buffer", "float32", 53L), (tensor.Key, tensor.DType, tensor.Offset));
        Assert.Equal(0.2, checkpoint.Values["param_groups.0.lr"]);
        Assert.Equal(true, checkpoint.Values["param_groups.0.nesterov"]);
        Assert.True(CheckpointVerifier.Verify(file.Path, cancellationToken: TestContext.Current.CancellationToken).Passed);
    }

    [Fact]
    public void OneThatEndsTooEarlyIsTruncated()
    {
        byte[] whole = [3, .. "SGD"u8, 1, 2, .. Options, 0, .. Momentum];
        for (int length = 10; length < whole.Length; length++)
        {
            using var file = MutatedFile.With(whole[..length]);

            var error = file.Refusal();

            Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
            Assert.Contains("of a TorchSharp file with the SGD optimizer", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(46, 7)]
    [InlineData(48, 2)]
    [InlineData(49, 99)]
    [InlineData(50, 99)]
    public void WhatNoOptimizerWritesIsNone(int place, byte value)
    {
        byte[] content = [3, .. "SGD"u8, 1, 1, .. Options, .. Momentum];
        content[place] = value;
        using var file = MutatedFile.With(content);

        Assert.Equal(CheckpointErrorIds.FormatInvalid, file.Refusal().ErrorId);
    }

    [Fact]
    public void BytesBehindTheLastFieldMakeItNone()
    {
        using var file = MutatedFile.With([3, .. "SGD"u8, 1, 1, .. Options, .. Momentum, 0]);

        Assert.Equal(CheckpointErrorIds.FormatInvalid, file.Refusal().ErrorId);
    }

    [Fact]
    public void ACountOf2ToThe62CostsNothing()
    {
        var (_, error) = Builders.Cost.Open(
            [3, .. "SGD"u8, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, .. Options, 0, 0], maxAllocated: 1 << 20);

        Assert.Equal(CheckpointErrorIds.Truncated, error!.ErrorId);
    }

    private static byte[] Double(double value) => Number(BitConverter.DoubleToInt64Bits(value));
}
