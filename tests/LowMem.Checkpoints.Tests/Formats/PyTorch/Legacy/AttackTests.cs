using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch.Legacy;

/// <summary>Legacy files that are made to cost much.</summary>
public sealed class AttackTests
{
    [Fact]
    public void TensorsThatShareAStorageOfTerabytesCostNothing()
    {
        const long count = 1L << 40;
        byte[] root = [(byte)']', (byte)'(', .. TensorBytes.Vector("0", count), 0x94, .. PickleBytes.Repeat([(byte)'h', 0], 100_000), (byte)'e'];

        var (_, error) = Cost.Open(LegacyBytes.File(root, ["0"], (count, [])));

        Assert.Equal(CheckpointErrorIds.Truncated, error!.ErrorId);
    }

    [Fact]
    public void AHundredThousandKeysOfStoragesThatNothingUsesCostOneFinding()
    {
        byte[] keys = [(byte)']', (byte)'(', .. Enumerable.Range(0, 100_000).SelectMany(i => (byte[])[(byte)'J', .. PickleBytes.UInt32(i)]), (byte)'e'];

        var (checkpoint, _) = Cost.Open(LegacyBytes.File(PickleBytes.Int(1), keys));

        Assert.Equal(FindingCodes.StorageSizeMismatch, Assert.Single(checkpoint!.Findings).Code);
    }

    [Fact]
    public void AViewOfEveryByteOfAStorageIsListed()
    {
        const int count = 2_000;
        byte[] root =
        [
            (byte)']', (byte)'(', .. Enumerable.Range(0, count).SelectMany(i => TensorBytes.Tensor(TensorBytes.Storage("0", count, "ByteStorage"), i, [count - i], [1])),
            (byte)'e',
        ];

        var (checkpoint, _) = Cost.Open(LegacyBytes.File(root, ["0"], (count, new byte[count])));

        Assert.Equal(count, checkpoint!.Tensors.Count);
        Assert.Equal(count, checkpoint.GetSummary().ByteLength);
    }
}
