using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Binding;

/// <summary>A load that is stopped half-way ends at once, gives its memory back, and leaves the module as it was.</summary>
public class CancellationTests
{
    private const long TensorBytes = 1L << 30;

    // More than could be read before anybody notices.
    private const int TensorCount = 8;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("bfloat16")]
    public void AResidentLoadCanBeCancelledAtAnyBlock(string? dtype)
    {
        using var directory = new TempDirectory();
        var path = directory["large.safetensors"];
        TestFiles.WriteHoles(path, [.. Enumerable.Range(0, TensorCount).Select(i => ($"weight{i}", "F32", new[] { TensorBytes / 4 }))]);
        var checkpoint = Checkpoint.Open(path, Token);
        using var module = SkeletonBuilder.FromCheckpoint(checkpoint, prefix: "", Token);
        using var cancellation = new CancellationTokenSource();
        ManagedMemory.GiveBack();
        var before = ProcessMemory.GetPrivateBytes();
        long bytesDone = 0;
        var progress = new Callback(now =>
        {
            Volatile.Write(ref bytesDone, now.BytesDone);
            if (now.BytesDone >= TensorBytes / 8)
            {
                cancellation.Cancel();
            }
        });

        Assert.ThrowsAny<OperationCanceledException>(() => ModelLoader.Load(
            module, checkpoint, new ImportOptions { Resident = true, DType = dtype }, progress, cancellation.Token));

        // Blocks of 16 MiB and less, a few of them at a time.
        Assert.InRange(bytesDone, TensorBytes / 8, TensorBytes / 2);
        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal("meta", entry.Device));
        Assert.InRange(ProcessMemory.GetPrivateBytes() - before, long.MinValue, 64 << 20);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AModuleThatHasValuesKeepsThem(bool resident)
    {
        using var directory = new TempDirectory();
        File.Copy(Path.Combine(TestFiles.Samples, "boring.pt"), directory["boring.pt"]);
        using var module = new BoringModel(CPU);
        var before = module.parameters().Select(TestFiles.GetHash).ToArray();
        using var cancellation = new CancellationTokenSource();
        var checkpoint = Checkpoint.Open(directory["boring.pt"], Token);

        // After the third tensor has been made, and before any of them is bound.
        var progress = new Callback(now =>
        {
            if (now.TensorsDone == 3)
            {
                cancellation.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => ModelLoader.Load(
            module, checkpoint, new ImportOptions { Resident = resident }, progress, cancellation.Token));
        Assert.Equal(before, module.parameters().Select(TestFiles.GetHash));
        Assert.Equal(0, MemoryMap.CountLive(checkpoint.Path));
    }

    private sealed class Callback(Action<ImportProgress> action) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => action(value);
    }
}
