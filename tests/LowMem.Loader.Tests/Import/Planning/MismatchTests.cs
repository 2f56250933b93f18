using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Tests.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Planning;

/// <summary>What does not fit is named, all of it, and the module is as it was.</summary>
public class MismatchTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Everything_that_does_not_fit_is_in_one_error()
    {
        using var directory = new TempDirectory();
        var path = directory["bad.safetensors"];
        TestFiles.WriteSafetensors(
            path,
            ("in_proj.weight", "F32", [10, 2], new byte[80]),
            ("in_proj.bias", "F32", [11], new byte[44]),
            ("stages.0.weight", "F4", [10, 10], new byte[50]),
            ("stages.0.bias", "F32", [10], new byte[40]),
            ("stages.1.weight", "F32", [100], new byte[400]),
            ("out_proj.weight", "F32", [2, 10], new byte[80]),
            ("out_proj.bias", "F32", [2], new byte[8]),
            ("head.weight", "F16", [1], new byte[2]));
        using var module = new BoringModel(CPU);
        var before = module.parameters().Select(TestFiles.GetHash).ToArray();

        var error = Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(module, Checkpoint.Open(path, Token), cancellationToken: Token));

        Assert.Equal(ModelErrorIds.Mismatch, error.ErrorId);
        Assert.Equal(path, error.Path);
        Assert.Equal(
            [
                (ModelMismatchKind.MissingKey, "stages.1.bias", "float32 [10]", null),
                (ModelMismatchKind.UnexpectedKey, "head.weight", null, "float16 [1]"),
                (ModelMismatchKind.Shape, "in_proj.bias", "float32 [10]", "float32 [11]"),
                (ModelMismatchKind.Shape, "stages.1.weight", "float32 [10, 10]", "float32 [100]"),
            ],
            error.Mismatches.Where(fault => fault.Key != "stages.0.weight").Select(fault => (fault.Kind, fault.Key, fault.Expected, fault.Found)));
        Assert.Contains(error.Mismatches, fault => fault.Key == "stages.0.weight");
        Assert.All(error.Mismatches, fault => Assert.Contains(fault.ToString(), error.Message, StringComparison.Ordinal));
        Assert.Equal(before, module.parameters().Select(TestFiles.GetHash));
    }

    [Fact]
    public void A_head_that_is_missing_because_it_is_tied_can_be_tied_as_the_error_says()
    {
        const string text = "Net(\n  (wte): Embedding(3, 2)\n  (mid): Linear(in_features=3, out_features=2, bias=False)\n  (head): Linear(in_features=2, out_features=3, bias=False)\n)";
        using var directory = new TempDirectory();
        var path = directory["tied.safetensors"];
        TestFiles.WriteSafetensors(
            path, ("wte.weight", "F32", [3, 2], TestFiles.Bytes(1f, 2f, 3f, 4f, 5f, 6f)), ("other", "F32", [2, 3], TestFiles.Bytes(new float[6])));
        var checkpoint = Checkpoint.Open(path, Token);
        var options = new ImportOptions { AllowUnexpected = true };
        using var module = (ModuleContainer)SkeletonBuilder.FromDefinition(text, cancellationToken: Token);

        var error = Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(module, checkpoint, options, progress: null, Token));
        Assert.Equal(["mid.weight", "head.weight"], error.Mismatches.Select(fault => fault.Key));
        Assert.Null(error.Mismatches[0].Advice);
        Assert.Contains(
            "head.weight is missing (the module has float32 [3, 2]). If the model ties it to wte.weight, which has this shape, tie the two first",
            error.Message,
            StringComparison.Ordinal);

        ((Linear)module["head"]).weight = ((Embedding)module["wte"]).weight!;
        var report = ModelLoader.Load(module, checkpoint, options with { AllowMissing = true }, progress: null, Token);
        Assert.Equal(["mid.weight"], report.MissingKeys);
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], ((Linear)module["head"]).weight!.data<float>().ToArray());
    }

    [Fact]
    public void A_long_list_is_cut_in_the_message_only()
    {
        using var directory = new TempDirectory();
        var path = directory["many.safetensors"];
        TestFiles.WriteSafetensors(
            path, [.. Enumerable.Range(0, 120).Select(i => ($"extra.{i}", "F32", new long[] { 1 }, new byte[4]))]);
        using var module = new BoringModel(META);
        var error = Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(module, Checkpoint.Open(path, Token), cancellationToken: Token));
        Assert.Equal(128, error.Mismatches.Count);
        Assert.Contains("8 missing, 120 unexpected", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("  and 78 more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_and_unexpected_keys_can_be_allowed_and_are_reported()
    {
        using var directory = new TempDirectory();
        var path = directory["part.safetensors"];
        TestFiles.WriteSafetensors(
            path,
            ("net.in_proj.weight", "F32", [10, 2], TestFiles.Bytes([.. Enumerable.Range(0, 20).Select(i => (float)i)])),
            ("net.head.bias", "F32", [1], new byte[4]),
            ("other", "F32", [1], new byte[4]));
        using var module = new BoringModel(META);
        var report = ModelLoader.Load(
            module, Checkpoint.Open(path, Token), new ImportOptions { AllowMissing = true, AllowUnexpected = true }, progress: null, Token);
        Assert.Equal("net.", report.Prefix);
        Assert.Equal(["net.head.bias"], report.UnexpectedKeys);
        Assert.Equal(7, report.MissingKeys.Length);
        Assert.Equal(report.MissingKeys, report.MetaKeys);
        Assert.Equal(19f, module.in_proj.weight[9, 1].item<float>());
        Assert.Equal(DeviceType.META, module.out_proj.weight.device_type);
    }

    [Fact]
    public void A_checkpoint_that_names_unsafe_globals_is_not_loaded()
    {
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "unsafe_os_system.pt"), Token);
        using var module = new BoringModel(META);
        var error = Assert.Throws<CheckpointException>(() => ModelLoader.Load(module, checkpoint, cancellationToken: Token));
        Assert.Equal(CheckpointErrorIds.Unsafe, error.ErrorId);
        Assert.All(checkpoint.UnsafeGlobals, name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
        Assert.NotEmpty(checkpoint.UnsafeGlobals);
    }

    [Fact]
    public void A_checkpoint_that_names_unsafe_globals_is_loaded_when_that_is_allowed()
    {
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "unsafe_os_system.pt"), Token);
        var (module, report) = ModelLoader.Load(checkpoint, new ImportOptions { AllowUnsafeGlobals = true }, cancellationToken: Token);
        using (module)
        {
            Assert.Equal(checkpoint.Tensors.Count, report.TensorCount);
            Assert.NotEqual(0, report.TensorCount);
        }
    }

    [Fact]
    public void What_cannot_be_read_is_named_with_the_reason()
    {
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "sparse.pt"), Token);
        var sparse = checkpoint.Tensors.First(tensor => tensor.UnreadableReason is not null);
        using var module = new Holder(sparse.Key, zeros(sparse.Shape, device: META));
        var error = Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(
            module, checkpoint, new ImportOptions { AllowMissing = true, AllowUnexpected = true, Prefix = "" }, progress: null, Token));
        var fault = Assert.Single(error.Mismatches);
        Assert.Equal((ModelMismatchKind.Unreadable, sparse.Key), (fault.Kind, fault.Key));
        Assert.EndsWith(sparse.UnreadableReason!, fault.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("embed.weight")]
    [InlineData("head.weight")]
    public void A_tied_tensor_has_to_be_there_under_one_of_its_names(string present)
    {
        using var directory = new TempDirectory();
        var weight = TestFiles.Bytes([.. Enumerable.Range(0, 28).Select(i => (float)i)]);
        WriteTied(directory["tied.safetensors"], (present, weight));
        using var module = new TiedModel();
        ModelLoader.Load(module, Checkpoint.Open(directory["tied.safetensors"], Token), cancellationToken: Token);
        Assert.Equal(weight, TestFiles.GetBytes(module.embed.weight!));
        Assert.Equal(weight, TestFiles.GetBytes(module.head.weight!));
        using (no_grad())
        {
            module.head.weight!.add_(1);
        }

        Assert.Equal(28f, module.embed.weight![6, 3].item<float>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_tied_tensor_under_both_names_has_to_have_one_value(bool equal)
    {
        using var directory = new TempDirectory();
        var path = directory["tied.safetensors"];
        var weight = new byte[112];
        var other = new byte[112];
        other[111] = (byte)(equal ? 0 : 1);
        WriteTied(path, ("embed.weight", weight), ("head.weight", other));
        using var module = new TiedModel();
        if (equal)
        {
            Assert.Equal(5, ModelLoader.Load(module, Checkpoint.Open(path, Token), cancellationToken: Token).TensorCount);
            return;
        }

        var error = Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(module, Checkpoint.Open(path, Token), cancellationToken: Token));
        var fault = Assert.Single(error.Mismatches);
        Assert.Equal(ModelMismatchKind.Ambiguous, fault.Kind);
        Assert.Equal("different values in embed.weight and head.weight", fault.Found);
    }

    [Fact]
    public void A_buffer_that_is_not_persistent_is_neither_wanted_nor_accepted()
    {
        using var directory = new TempDirectory();
        var path = directory["tied.safetensors"];
        WriteTied(path, ("embed.weight", new byte[112]), ("inverse", new byte[16]));
        using var module = new TiedModel();
        var error = Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(module, Checkpoint.Open(path, Token), cancellationToken: Token));
        Assert.Equal((ModelMismatchKind.UnexpectedKey, "inverse"), (Assert.Single(error.Mismatches).Kind, error.Mismatches[0].Key));
    }

    [Theory]
    [InlineData(ScalarType.Float32, 0)]
    [InlineData(ScalarType.Float16, 4)]
    public void Batch_norm_has_PyTorchs_keys_types_and_shapes(ScalarType type, int castCount)
    {
        using var directory = new TempDirectory();
        var path = directory["norm.safetensors"];
        var ones = TestFiles.Bytes(1f, 2f, 3f);
        TestFiles.WriteSafetensors(
            path,
            ("num_batches_tracked", "I64", [], TestFiles.Bytes(70001L)),
            ("weight", "F32", [3], ones),
            ("bias", "F32", [3], ones),
            ("running_mean", "F32", [3], ones),
            ("running_var", "F32", [3], ones));
        using var module = nn.BatchNorm1d(3, device: META, dtype: type);
        var report = ModelLoader.Load(
            module, Checkpoint.Open(path, Token), new ImportOptions { RequiresGrad = true }, progress: null, Token);
        Assert.Equal(70001L, module.num_batches_tracked!.item<long>());
        Assert.Equal([1f, 2f, 3f], module.running_var!.to(ScalarType.Float32).data<float>().ToArray());
        Assert.Equal(type, module.running_var!.dtype);
        Assert.False(module.running_var!.requires_grad);
        Assert.True(module.weight!.requires_grad);
        Assert.Equal(castCount, report.CastKeys.Length);
    }

    private static void WriteTied(string path, params (string Key, byte[] Bytes)[] extra) => TestFiles.WriteSafetensors(
        path,
        [
            ("steps", "I64", [1], new byte[8]),
            ("scale", "F32", [4], new byte[16]),
            ("body.weight", "F32", [4, 4], new byte[64]),
            ("body.bias", "F32", [4], new byte[16]),
            .. extra.Select(tensor => (tensor.Key, "F32", tensor.Key == "inverse" ? new long[] { 4 } : [7, 4], tensor.Bytes)),
        ]);

    private sealed class Holder : nn.Module
    {
        public Holder(string key, Tensor value)
            : base("Holder") => register_buffer(key, value);
    }
}
