using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Memory;

public class ResidentMemoryTests
{
    private const int Count = 16 << 20;
    private const long Bytes = sizeof(float) * (long)Count;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void TensorsLieOneBehindTheOtherAlignedAndWithoutSharingAnything()
    {
        SkipElsewhere();
        using var memory = new ResidentMemory(ResidentMemory.GetLength(3, 1) + ResidentMemory.GetLength(5, 8) + ResidentMemory.GetLength(1, 4));
        using var bytes = memory.Allocate([3], ScalarType.Byte, 1);
        using var longs = memory.Allocate([5, 1], ScalarType.Int64, 8);
        using var scalar = memory.Allocate([], ScalarType.Float32, 4);

        var start = NativeTensors.AddressOf(bytes);
        Assert.Equal(0, start % HugePages.PageSize);
        Assert.Equal([64, 128], new[] { longs, scalar }.Select(tensor => (int)(NativeTensors.AddressOf(tensor) - start)));

        bytes.fill_(255);
        longs.fill_(-1);
        Assert.Equal(0f, scalar.item<float>());
        scalar.fill_(1.5f);
        Assert.Equal([255, 255, 255], bytes.data<byte>().ToArray());
        Assert.Equal([-1, -1, -1, -1, -1], longs.data<long>().ToArray());
        Assert.Equal([5, 1], longs.shape);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Allocate([1], ScalarType.Byte, 1));
    }

    [Fact]
    public void ATensorThatGoesGivesItsMemoryBackAndLeavesItsNeighboursAlone()
    {
        SkipElsewhere();
        var memory = new ResidentMemory(3 * ResidentMemory.GetLength(Count + 1, sizeof(float)));
        var tensors = Enumerable.Range(0, 3).Select(_ => memory.Allocate([Count + 1], ScalarType.Float32, sizeof(float))).ToList();
        for (var i = 0; i < tensors.Count; i++)
        {
            tensors[i].fill_(i + 1);
        }

        var address = NativeTensors.AddressOf(tensors[0]);
        memory.Dispose();
        ManagedMemory.GiveBack();
        var filled = ProcessMemory.GetPrivateBytes();
        tensors[1].Dispose();

        Assert.InRange(filled - ProcessMemory.GetPrivateBytes(), Bytes * 9 / 10, Bytes * 11 / 10);
        Assert.Equal((1f, 1f), GetRange(tensors[0]));
        Assert.Equal((3f, 3f), GetRange(tensors[2]));
        Assert.True(ResidentMemory.Contains(address));

        tensors[0].Dispose();
        tensors[2].Dispose();
        Assert.False(ResidentMemory.Contains(address));
        Assert.InRange(filled - ProcessMemory.GetPrivateBytes(), 3 * Bytes * 9 / 10, 3 * Bytes * 11 / 10);
    }

    [Fact]
    public void AResidentModuleLetsGoOfItsMemoryAsAWholeAndInParts()
    {
        SkipElsewhere();
        using var directory = new TempDirectory();
        var values = TestFiles.Bytes([.. Enumerable.Range(0, Count)]);
        TestFiles.WriteSafetensors(
            directory["two.safetensors"], [("first", "I32", new long[] { Count }, values), ("second", "I32", new long[] { Count }, values)]);
        var (module, _) = ModelLoader.Load(
            Checkpoint.Open(directory["two.safetensors"], Token), new ImportOptions { Resident = true }, progress: null, Token);
        var address = NativeTensors.AddressOf(module.get_buffer("second")!);
        Assert.True(ResidentMemory.Contains(address));

        values = null;
        ManagedMemory.GiveBack();
        var loaded = ProcessMemory.GetPrivateBytes();
        module.get_buffer("first")!.Dispose();
        Assert.InRange(loaded - ProcessMemory.GetPrivateBytes(), Bytes * 9 / 10, Bytes * 11 / 10);

        module.Dispose();
        Assert.False(ResidentMemory.Contains(address));
    }

    [Fact]
    public void MoreThanThereIsFailsBeforeAnythingIsRead()
    {
        SkipElsewhere();
        var error = Assert.Throws<InsufficientMemoryException>(() => new ResidentMemory(1L << 60));
        Assert.Contains("mmap of 1152921504606846976 bytes failed", error.Message, StringComparison.Ordinal);
    }

    // Takes no memory that would be counted.
    private static (float Least, float Greatest) GetRange(Tensor tensor)
    {
        using var least = tensor.min();
        using var greatest = tensor.max();
        return (least.item<float>(), greatest.item<float>());
    }

    private static void SkipElsewhere() =>
        Assert.SkipUnless(ResidentMemory.IsSupported, "Elsewhere libtorch allocates each tensor by itself.");
}
