using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Verification;
using LowMem.Loader.Estimates;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Estimates;

public sealed class MemoryEstimatorTests : IDisposable
{
    private const long Overhead = MemoryEstimator.FixedBytes;
    private const long PerTensor = MemoryEstimator.BytesPerTensor;

    private readonly TempDirectory directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Fact]
    public void AStateDictCostsTwiceNaivelyOnceResidentAndNothingMapped()
    {
        var estimate = MemoryEstimator.Estimate(Write(("a", "F32", [1000, 1000]), ("b", "F32", [500])));
        Assert.Equal(("", 2, 4_002_000L), (estimate.Prefix, estimate.TensorCount, estimate.ModelBytes));
        Assert.Equal(new LargestTensor("a", 4_000_000), estimate.LargestTensor);
        var buffers = ResidentReader.GetBufferBytes(4_002_000, isCast: false);
        Assert.Equal((2 * 4_002_000) + Overhead + buffers + (4 * PerTensor), estimate.Naive.PeakPrivateBytes);
        Assert.Equal(4_002_000 + Overhead + buffers + (2 * PerTensor), estimate.Resident.PeakPrivateBytes);
        Assert.Equal(ImportModes.Mapped, estimate.AdvisedMode);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(Overhead + (2 * PerTensor), estimate.Mapped.PeakPrivateBytes);
        }

        Assert.Equal(new FileInfo(estimate.Path).Length, estimate.BytesOnDisk);
        Assert.InRange(estimate.MemoryAvailable, 1, long.MaxValue);
    }

    [Fact]
    public void ACastIsACopyAndMakesResidentTheBetterMode()
    {
        var checkpoint = Write(("a", "F32", [1 << 20]), ("steps", "I64", [1 << 10]));
        var estimate = MemoryEstimator.Estimate(checkpoint, new ImportOptions { DType = "bfloat16" });
        var model = (2L << 20) + (8 << 10);
        Assert.Equal(model, estimate.ModelBytes);
        var all = ResidentReader.GetBufferBytes((4L << 20) + (8 << 10), isCast: true);
        Assert.Equal(model + Overhead + (2 * PerTensor) + all, estimate.Resident.PeakPrivateBytes);
        Assert.Equal(ImportModes.Resident, estimate.AdvisedMode);
        if (!OperatingSystem.IsWindows())
        {
            var cast = ResidentReader.GetBufferBytes(4L << 20, isCast: true);
            Assert.Equal((2L << 20) + Overhead + (2 * PerTensor) + cast, estimate.Mapped.PeakPrivateBytes);
        }
    }

    [Theory]
    [InlineData(1L << 40, true, true, true, "Mapped")]
    [InlineData(600L << 20, false, true, true, "Mapped")]
    [InlineData(100L << 20, false, false, true, "Mapped")]
    [InlineData(1L << 20, false, false, false, null)]
    public void TheModeAdvisedIsOneThatFits(long available, bool naive, bool resident, bool mapped, string? advised)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows charges a map in full.");
        var checkpoint = Write(("a", "F32", [128L << 20]));
        var tensors = new[] { (checkpoint.Tensors[0], DType.Get("float32")) };
        var estimate = MemoryEstimator.Estimate(
            checkpoint, "", new TransferPlan(tensors, resident: true), new TransferPlan(tensors, resident: false), available);
        Assert.Equal((naive, resident, mapped), (estimate.Naive.Fits, estimate.Resident.Fits, estimate.Mapped.Fits));
        Assert.Equal(advised, estimate.AdvisedMode);
        Assert.EndsWith(".", estimate.Advice, StringComparison.Ordinal);
        Assert.Equal(advised is null, estimate.Advice.Contains("allow more: the limit is ", StringComparison.Ordinal));
    }

    [Fact]
    public void SharedAndExpandedElementsCountOnce()
    {
        var shared = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "shared-storages.pt"), Token);
        var (module, report) = ModelLoader.Load(shared, new ImportOptions { Resident = true, Prefix = "" }, cancellationToken: Token);
        using (module)
        {
            Assert.Equal(report.CopiedBytes, MemoryEstimator.Estimate(shared, new ImportOptions { Prefix = "" }).ModelBytes);
        }

        var strides = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "strides.pt"), Token);
        var (other, copied) = ModelLoader.Load(strides, new ImportOptions { Resident = true, Prefix = "" }, cancellationToken: Token);
        using (other)
        {
            Assert.Equal(copied.CopiedBytes, MemoryEstimator.Estimate(strides, new ImportOptions { Prefix = "" }).ModelBytes);
        }
    }

    [Fact]
    public void ACompressedStorageIsUnfoldedOnceMore()
    {
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "repacked-deflated.pt"), Token);
        var largest = checkpoint.Tensors.Where(tensor => tensor.Offset < 0).Max(tensor => tensor.GetStorageByteLength());
        var estimate = MemoryEstimator.Estimate(checkpoint, new ImportOptions { Prefix = "" });
        var buffers = ResidentReader.GetBufferBytes(estimate.ModelBytes, isCast: false);
        Assert.Equal(estimate.ModelBytes + Overhead + buffers + (checkpoint.Tensors.Count * PerTensor) + largest, estimate.Resident.PeakPrivateBytes);
    }

    [Fact]
    public void OnlyWhatIsBehindThePrefixIsLoadedButNaivelyAllIsRead()
    {
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Samples, "boring-training.pt"), Token);
        var estimate = MemoryEstimator.Estimate(checkpoint);
        Assert.Equal(("model_state_dict.", 8, 272L * 4), (estimate.Prefix, estimate.TensorCount, estimate.ModelBytes));
        var all = checkpoint.GetSummary().ByteLength;
        Assert.True(all > estimate.ModelBytes);
        var buffers = ResidentReader.GetBufferBytes(estimate.ModelBytes, isCast: false);
        Assert.Equal(estimate.ModelBytes + all + Overhead + buffers + ((8 + checkpoint.Tensors.Count) * PerTensor), estimate.Naive.PeakPrivateBytes);
        var error = Assert.Throws<ModelException>(() => MemoryEstimator.Estimate(checkpoint, new ImportOptions { Prefix = "nothing" }));
        Assert.Equal(ModelErrorIds.Mismatch, error.ErrorId);
    }

    [Theory]
    [InlineData(false, 272L * 8)]
    [InlineData(true, 272L * 4)]
    public void AModuleSaysTheTypesAndWhatIsLoaded(bool keep, long bytes)
    {
        using var module = new BoringModel(META);
        module.to(ScalarType.Float64);
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Samples, "boring-training.pt"), Token);
        var estimate = ModuleMemory.Estimate(module, checkpoint, new ImportOptions { KeepDType = keep }, Token);
        Assert.Equal((8, bytes, "model_state_dict."), (estimate.TensorCount, estimate.ModelBytes, estimate.Prefix));
        Assert.Equal(keep ? ImportModes.Mapped : ImportModes.Resident, estimate.AdvisedMode);
        Assert.Equal(DeviceType.META, module.in_proj.weight.device_type);
    }

    [Fact]
    public void AModuleThatDoesNotFitIsAnError()
    {
        using var module = nn.Linear(3, 3);
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Samples, "boring.pt"), Token);
        Assert.Throws<ModelMismatchException>(() => ModuleMemory.Estimate(module, checkpoint, new ImportOptions { Prefix = "in_proj" }, Token));
    }

    [Fact]
    public void EveryFixtureThatIsWholeHasAnEstimate()
    {
        var count = 0;
        foreach (var path in Directory.EnumerateFiles(TestFiles.Fixtures).Where(path => Path.GetExtension(path) is ".pt" or ".safetensors" or ".pth"))
        {
            Checkpoint checkpoint;
            try
            {
                checkpoint = Checkpoint.Open(path, Token);
            }
            catch (CheckpointException)
            {
                continue;
            }

            if (ContentFaults.Find(checkpoint, isWhole: true, Token).Count > 0)
            {
                // Of what is broken there is none, and nothing else is taken for broken.
                Assert.StartsWith("bad-", Path.GetFileName(path), StringComparison.Ordinal);
                Assert.ThrowsAny<Exception>(() => MemoryEstimator.Estimate(checkpoint, new ImportOptions { Prefix = "" }));
                continue;
            }

            var estimate = MemoryEstimator.Estimate(checkpoint, new ImportOptions { Prefix = "" });
            Assert.Equal(checkpoint.WithoutAttributes().Tensors.Count, estimate.TensorCount);
            Assert.True(estimate.Resident.PeakPrivateBytes <= estimate.Naive.PeakPrivateBytes, path);
            count++;
        }

        Assert.True(count > 20);
    }

    private Checkpoint Write(params (string Key, string DType, long[] Shape)[] tensors)
    {
        TestFiles.WriteHoles(directory["model.safetensors"], tensors);
        return Checkpoint.Open(directory["model.safetensors"], Token);
    }
}
