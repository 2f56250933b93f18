using System.Text.Json;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using LowMem.Loader.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Binding;

public class ModelLoaderTests
{
    public static TheoryData<bool> Modes => [false, true];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Modes))]
    public void The_articles_model_computes_what_PyTorch_computes(bool resident)
    {
        using var module = new BoringModel(META);
        var report = ModelLoader.Load(module, OpenSample("boring.pt"), new ImportOptions { Resident = resident }, progress: null, Token);

        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestFiles.Samples, "boring.expected.json")));
        using var input = ReadMatrix(json.RootElement.GetProperty("input"));
        using var output = ReadMatrix(json.RootElement.GetProperty("output"));
        Assert.True(module.call(input).allclose(output, rtol: 1e-5, atol: 1e-6));
        foreach (var entry in ModuleTree.GetParameters(module))
        {
            var wanted = json.RootElement.GetProperty("tensors").GetProperty(entry.Key);
            Assert.Equal(Flatten(wanted), entry.Tensor.data<float>().ToArray());
            Assert.Equal(("cpu", false), (entry.Device, entry.RequiresGrad));
        }

        const long bytes = 272 * 4;
        Assert.Equal(8, report.TensorCount);
        Assert.Equal("", report.Prefix);
        Assert.Equal(resident ? ("Resident", 0, bytes) : ("Mapped", bytes, 0L), (report.Mode, report.MappedBytes, report.CopiedBytes));
        Assert.Empty(report.CastKeys);
        Assert.Empty(report.MetaKeys);
        Assert.True(report.PrivateBytesBefore > 0 && report.PrivateBytesPeak >= report.PrivateBytesBefore);
        Assert.True(report.Duration > TimeSpan.Zero);
    }

    [Fact]
    public void The_weights_are_found_beside_optimizer_state()
    {
        using var module = new BoringModel(META);
        var report = ModelLoader.Load(module, OpenSample("boring-training.pt"), cancellationToken: Token);
        Assert.Equal("model_state_dict.", report.Prefix);
        Assert.Empty(report.UnexpectedKeys);
    }

    [Theory]
    [InlineData("boring.pt", "")]
    [InlineData("boring-training.pt", "model_state_dict.")]
    public void Without_a_module_one_is_built_after_the_checkpoint(string file, string prefix)
    {
        var checkpoint = OpenSample(file);
        var (module, report) = ModelLoader.Load(checkpoint, cancellationToken: Token);
        using (module)
        {
            Assert.Equal(prefix, report.Prefix);
            var entries = ModuleTree.GetParameters(module);
            Assert.Equal(8, entries.Count);
            using var plain = new BoringModel(META);
            ModelLoader.Load(plain, checkpoint, cancellationToken: Token);
            Assert.Equal(
                ModuleTree.GetParameters(plain).Select(entry => (entry.Key, TestFiles.GetHash(entry.Tensor))),
                entries.Select(entry => (entry.Key, TestFiles.GetHash(entry.Tensor))));
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Gradients_are_off_unless_asked_for_and_training_works_then(bool resident)
    {
        using var module = new BoringModel(META);
        ModelLoader.Load(module, OpenSample("boring.pt"), new ImportOptions { Resident = resident, RequiresGrad = true }, progress: null, Token);
        Assert.All(module.parameters(), parameter => Assert.True(parameter.requires_grad && parameter.is_leaf));

        var before = TestFiles.GetBytes(module.in_proj.weight);
        using var optimizer = optim.SGD(module.parameters(), 0.1);
        using var loss = module.call(ones(1, 2)).square().mean();
        loss.backward();
        optimizer.step();
        Assert.NotEqual(before, TestFiles.GetBytes(module.in_proj.weight));

        // The file has none of it.
        using var again = new BoringModel(META);
        ModelLoader.Load(again, OpenSample("boring.pt"), cancellationToken: Token);
        Assert.Equal(before, TestFiles.GetBytes(again.in_proj.weight));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Values_are_cast_to_the_modules_type_and_the_keys_named(bool resident)
    {
        using var module = new BoringModel(META);
        module.to(ScalarType.Float64);
        var report = ModelLoader.Load(module, OpenSample("boring.pt"), new ImportOptions { Resident = resident }, progress: null, Token);

        using var plain = new BoringModel(META);
        ModelLoader.Load(plain, OpenSample("boring.pt"), cancellationToken: Token);
        Assert.Equal(ScalarType.Float64, module.in_proj.weight.dtype);
        Assert.True(module.in_proj.weight.eq(plain.in_proj.weight.to(ScalarType.Float64)).all().item<bool>());
        Assert.Equal(8, report.CastKeys.Length);
        Assert.Contains("stages.1.bias", report.CastKeys);
        Assert.Equal((0L, 272L * 8), (report.MappedBytes, report.CopiedBytes));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void The_checkpoints_types_can_be_kept(bool resident)
    {
        using var module = new BoringModel(META);
        module.to(ScalarType.Float64);
        var report = ModelLoader.Load(
            module, OpenSample("boring.pt"), new ImportOptions { Resident = resident, KeepDType = true }, progress: null, Token);
        Assert.All(module.parameters(), parameter => Assert.Equal(ScalarType.Float32, parameter.dtype));
        Assert.Empty(report.CastKeys);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Cancellation_leaves_the_module_untouched(bool resident)
    {
        using var module = new BoringModel(META);
        using var cancellation = new CancellationTokenSource();
        using var directory = new TempDirectory();
        var checkpoint = OpenCopy(directory);
        Assert.ThrowsAny<OperationCanceledException>(() => ModelLoader.Load(
            module,
            checkpoint,
            new ImportOptions { Resident = resident },
            new Callback(progress =>
            {
                if (progress.TensorsDone == 3)
                {
                    cancellation.Cancel();
                }
            }),
            cancellation.Token));
        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal("meta", entry.Device));
        Assert.Equal(0, MemoryMap.CountLive(checkpoint.Path));
    }

    [Fact]
    public void A_file_that_changes_between_listing_and_loading_is_refused_and_the_module_untouched()
    {
        using var directory = new TempDirectory();
        var path = directory["boring.pt"];
        foreach (var resident in new[] { false, true })
        {
            File.Copy(Path.Combine(TestFiles.Samples, "boring.pt"), path, overwrite: true);
            var checkpoint = Checkpoint.Open(path, Token);
            using (var file = File.OpenWrite(path))
            {
                file.SetLength(file.Length - 500);
            }

            using var module = new BoringModel(CPU);
            var before = module.parameters().Select(TestFiles.GetHash).ToArray();
            var error = Assert.Throws<CheckpointException>(() => ModelLoader.Load(
                module, checkpoint, new ImportOptions { Resident = resident }, progress: null, Token));
            Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
            Assert.Equal(before, module.parameters().Select(TestFiles.GetHash));
        }
    }

    [Fact]
    public void The_file_is_let_go_of_when_the_module_is_disposed_of()
    {
        using var directory = new TempDirectory();
        var checkpoint = OpenCopy(directory);
        var module = new BoringModel(META);
        ModelLoader.Load(module, checkpoint, cancellationToken: Token);
        Assert.Equal(1, MemoryMap.CountLive(checkpoint.Path));

        module.Dispose();
        Assert.Equal(0, MemoryMap.CountLive(checkpoint.Path));
    }

    [Fact]
    public void Loading_again_lets_go_of_the_first_file()
    {
        using var directory = new TempDirectory();
        var checkpoint = OpenCopy(directory);
        using var module = new BoringModel(META);
        ModelLoader.Load(module, checkpoint, cancellationToken: Token);
        ModelLoader.Load(module, checkpoint, cancellationToken: Token);
        Assert.Equal(1, MemoryMap.CountLive(checkpoint.Path));
        ModelLoader.Load(module, checkpoint, new ImportOptions { Resident = true }, progress: null, Token);
        Assert.Equal(0, MemoryMap.CountLive(checkpoint.Path));
    }

    [Fact]
    public void A_callers_dispose_scope_takes_nothing_from_the_module()
    {
        using var module = new BoringModel(META);
        using (NewDisposeScope())
        {
            ModelLoader.Load(module, OpenSample("boring.pt"), cancellationToken: Token);
        }

        Assert.Equal([1, 2], module.call(ones(1, 2)).shape);
    }

    [Theory]
    [InlineData("toaster", "is not the name of a device")]
    [InlineData("meta", "holds no values")]
    [InlineData("cuda:99", "is not there")]
    public void A_device_that_is_not_there_is_named(string device, string reason)
    {
        using var module = new BoringModel(META);
        var error = Assert.Throws<ModelException>(() => ModelLoader.Load(
            module, OpenSample("boring.pt"), new ImportOptions { Device = device }, progress: null, Token));
        Assert.Equal(ModelErrorIds.DeviceUnavailable, error.ErrorId);
        Assert.Contains($"'{device}' {reason}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Progress_ends_at_its_total(bool resident)
    {
        using var module = new BoringModel(META);
        var last = new List<ImportProgress>();
        ModelLoader.Load(
            module,
            OpenSample("boring.pt"),
            new ImportOptions { Resident = resident },
            new Callback(progress =>
            {
                lock (last)
                {
                    last.Add(progress);
                }
            }),
            Token);
        var total = resident ? 272 * 4 : 0;
        Assert.Contains(new ImportProgress(total, total, 8, 8), last);
    }

    private static Checkpoint OpenSample(string name) => Checkpoint.Open(Path.Combine(TestFiles.Samples, name), Token);

    private static Checkpoint OpenCopy(TempDirectory directory)
    {
        File.Copy(Path.Combine(TestFiles.Samples, "boring.pt"), directory["boring.pt"]);
        return Checkpoint.Open(directory["boring.pt"], Token);
    }

    private static Tensor ReadMatrix(JsonElement rows) => tensor(Flatten(rows), rows.GetArrayLength(), rows[0].GetArrayLength());

    private static float[] Flatten(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().SelectMany(Flatten)]
        : [value.GetSingle()];

    private sealed class Callback(Action<ImportProgress> action) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => action(value);
    }
}
