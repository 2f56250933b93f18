using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Binding;

/// <summary>What shares elements in the file shares them in memory, and costs them once.</summary>
public class SharedStorageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TiedKeysOfTheFileStayTiedInAModuleThatDoesNotTieThem(bool resident)
    {
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "shared-storages.pt"), Token);
        var twins = checkpoint.Tensors
            .SelectMany((left, i) => checkpoint.Tensors.Skip(i + 1).Select(right => (left, right)))
            .First(pair => TensorIdentity.OfView(pair.left).Equals(TensorIdentity.OfView(pair.right)));
        using var module = new Holder(checkpoint);
        var report = ModelLoader.Load(module, checkpoint, new ImportOptions { Resident = resident, Prefix = "" }, progress: null, Token);

        var left = module.get_buffer(twins.left.Key)!;
        var right = module.get_buffer(twins.right.Key)!;
        left.zero_();
        Assert.Equal(0f, right.to(ScalarType.Float32).abs().sum().item<float>());
        Assert.True(!resident || report.CopiedBytes < checkpoint.Tensors.Sum(tensor => tensor.ByteLength));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ATensorThatWasExpandedCostsItsDistinctElementsOnly(bool resident)
    {
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "strides.pt"), Token);
        var expanded = checkpoint.Tensors.First(tensor => tensor.Shape.Zip(tensor.Stride).Any(pair => pair is { First: > 1, Second: 0 }));
        using var module = new Holder(checkpoint with { Tensors = [expanded] });
        var report = ModelLoader.Load(
            module, checkpoint with { Tensors = [expanded] }, new ImportOptions { Resident = resident, Prefix = "" }, progress: null, Token);
        var value = module.get_buffer(expanded.Key)!;
        Assert.Equal(expanded.Shape, value.shape);
        Assert.Equal(expanded.Stride.Index().Where(i => i.Item == 0).Select(i => i.Index), value.stride().Index().Where(i => i.Item == 0).Select(i => i.Index));
        Assert.True(!resident || report.CopiedBytes < expanded.ByteLength);
    }

    [Fact]
    public void AMappedModelCostsHardlyAnyPrivateMemoryAndAResidentOneItsSize()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells private from mapped pages cheaply.");
        const int size = 256 << 20;
        using var directory = new TempDirectory();
        var path = directory["large.safetensors"];
        var bytes = new byte[size / 4];
        new Random(1).NextBytes(bytes);
        TestFiles.WriteSafetensors(path, [.. Enumerable.Range(0, 4).Select(i => ($"weight{i}", "I32", new long[] { size / 16 }, bytes))]);
        bytes = null;

        ManagedMemory.GiveBack();
        var checkpoint = Checkpoint.Open(path, Token);

        using (var module = new Holder(checkpoint))
        {
            var mapped = ModelLoader.Load(module, checkpoint, cancellationToken: Token);
            Assert.InRange(mapped.PrivateBytesPeak - mapped.PrivateBytesBefore, 0, 16 << 20);

            // Nor when the values are used.
            Assert.NotEqual(0, module.get_buffer("weight3")!.sum().item<long>());
            Assert.InRange(ProcessMemory.GetPrivateBytes() - mapped.PrivateBytesBefore, long.MinValue, 32 << 20);
        }

        ManagedMemory.GiveBack();
        using (var module = new Holder(checkpoint))
        {
            var resident = ModelLoader.Load(module, checkpoint, new ImportOptions { Resident = true }, progress: null, Token);
            Assert.InRange(resident.PrivateBytesPeak - resident.PrivateBytesBefore, size * 95L / 100, (size * 102L / 100) + (64 << 20));
        }
    }

    /// <summary>A buffer on meta for each tensor of a checkpoint.</summary>
    private sealed class Holder : nn.Module
    {
        public Holder(Checkpoint checkpoint)
            : base(nameof(Holder))
        {
            foreach (var tensor in checkpoint.Tensors)
            {
                var type = LowMem.Loader.Modules.ScalarTypes.Find(tensor.DType)!.Value;
                register_buffer(tensor.Key, empty(tensor.Shape, dtype: type, device: META));
            }
        }
    }
}
