using System.Security.Cryptography;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Values;

/// <summary>Tensors are put together from storages in memory, and from the file where there is no room for their storage.</summary>
public sealed class KeptStorageTests
{
    private const int Length = 1 << 20;

    [Fact]
    public void ReadsTheFileForAStorageThatIsNotKeptWhileAnotherIs()
    {
        using var file = new StridedFile(1, Length);
        var kept = file.GetTensor("float32", [512, 512], [1, 512]);

        // It says that it is far longer than the file, and no element lies there.
        var large = kept with { Storage = new StorageExtent(kept.Storage!.Offset, KeptStorage.MaxLength + 1), Stride = [512, 1], Shape = [512, 256] };
        large = large with { ElementCount = 512 * 256, ByteLength = 512 * 256 * 4 };
        using var reader = new TensorDataReader();
        var bytes = new LargeBuffer(Length);
        reader.Kept.Add(kept.Path, kept.Storage, bytes);

        Assert.Null(reader.Kept.Find(large));
        var values = new byte[large.ByteLength];
        reader.Read(large, 0, values, TestContext.Current.CancellationToken);
        Assert.Equal(file.GetExpected(new TensorView(large)), values);
        reader.Kept.Remove(kept.Path, kept.Storage);
        Assert.Throws<ObjectDisposedException>(() => bytes.GetSpan().Length);
    }

    [Fact]
    public void ReadsAStorageOnceForAllTensorsThatShowItInAnotherOrder()
    {
        using var file = new StridedFile(2, Length);
        TensorInfo[] tensors =
        [
            file.GetTensor("float32", [512, 512], [1, 512]),
            file.GetTensor("float32", [2, 256, 512], [1, 1024, 2]),
            file.GetTensor("bfloat16", [1000, 500], [1, 1000]),
            file.GetTensor("uint8", [1000, 500], [1000, 2]),
            file.GetTensor("float32", [1000, 1000], [7, 1]) with { ElementCount = 1_000_000, ByteLength = 4_000_000 },
        ];
        var meter = new ReadMeter();
        using var reader = new TensorDataReader(CheckpointLocation.Local.With(meter));
        var plan = new BlockPlan(reader);
        var hashes = tensors.Select(_ => new HashConsumer()).ToArray();
        for (int i = 0; i < tensors.Length; i++)
        {
            plan.Add(tensors[i], hashes[i]);
        }

        BlockPass.Run(plan, null, TestContext.Current.CancellationToken);

        Assert.Equal(Length, meter.Bytes);
        Assert.Equal(
            tensors.Select(tensor => Convert.ToHexStringLower(SHA256.HashData(file.GetExpected(new TensorView(tensor))))),
            hashes.Select(hash => hash.Sha256!));
    }
}
