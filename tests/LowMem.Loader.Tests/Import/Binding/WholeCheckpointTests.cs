using System.Text;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Keys;
using LowMem.Loader.Estimates;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Skeletons.FromCheckpoint;
using LowMem.Loader.Tests.Skeletons;

namespace LowMem.Loader.Tests.Import.Binding;

/// <summary>No half of a model: what a checkpoint lacks is an error until somebody says that it may be missing.</summary>
public sealed class WholeCheckpointTests : IDisposable
{
    // Classes that are no layers: what they hold themselves comes from the checkpoint.
    private const string Definition = "Net(\n  (a): A()\n  (b): B()\n)";

    private readonly TempDirectory directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Breaks => new()
    {
        { "no shard", "shard 'b.safetensors' cannot be read: there is no such file" },
        { "LFS pointer", "shard 'b.safetensors' cannot be read" },
        { "cut", "shard 'b.safetensors' cannot be read" },
        { "no key", "the index places 'b.weight' in 'b.safetensors', which does not hold it" },
    };

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(Breaks))]
    public void APartThatIsMissingIsAnErrorWhateverIsMadeOfTheCheckpoint(string how, string message)
    {
        var checkpoint = Write(how);
        using var module = CreateModule("a.weight", "b.weight");
        foreach (Action attempt in new Action[]
        {
            () => ModelLoader.Load(checkpoint, cancellationToken: Token),
            () => ModelLoader.Load(module, checkpoint, cancellationToken: Token),
            () => SkeletonBuilder.FromCheckpoint(checkpoint, cancellationToken: Token),
            () => SkeletonBuilder.FromDefinition(Definition, checkpoint, cancellationToken: Token),
            () => MemoryEstimator.Estimate(checkpoint),
            () => ModuleMemory.Estimate(module, checkpoint, cancellationToken: Token),
        })
        {
            var error = Assert.Throws<CheckpointException>(attempt);
            Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
            Assert.Contains("1 fault in the checkpoint", error.Message, StringComparison.Ordinal);
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
            Assert.EndsWith("  missing: b.weight", error.Message, StringComparison.Ordinal);
            Assert.Contains("-AllowMissing", error.Message, StringComparison.Ordinal);
        }

        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal("meta", entry.Device));
    }

    [Theory]
    [MemberData(nameof(Breaks))]
    public void ItMayBeMissingAndThenItIsNamed(string how, string message)
    {
        var checkpoint = Write(how);
        var options = new ImportOptions { AllowMissing = true };
        var (made, report) = ModelLoader.Load(checkpoint, options, cancellationToken: Token);
        using var known = CreateModule("a.weight", "b.weight");
        var other = ModelLoader.Load(known, checkpoint, options, progress: null, Token);
        using (made)
        {
            Assert.Equal(["a.weight"], ModuleTree.GetParameters(made).Select(entry => entry.Key));
        }

        foreach (var each in new[] { report, other })
        {
            Assert.Equal(["b.weight"], each.MissingKeys);
            Assert.Equal(1, each.TensorCount);
            Assert.Contains(message, Assert.Single(each.Faults).Message, StringComparison.Ordinal);
        }

        var losses = new List<CheckpointLoss>();
        using var skeleton = SkeletonBuilder.FromCheckpoint(checkpoint, null, losses.Add, Token);
        Assert.Equal(["a.weight"], ModuleTree.GetParameters(skeleton).Select(entry => entry.Key));
        using var defined = SkeletonBuilder.FromDefinition(Definition, checkpoint, onLoss: losses.Add, cancellationToken: Token);
        Assert.Equal(["a.weight"], ModuleTree.GetParameters(defined).Select(entry => entry.Key));
        foreach (var estimate in new[] { MemoryEstimator.Estimate(checkpoint, options), ModuleMemory.Estimate(known, checkpoint, options, Token) })
        {
            Assert.Equal(1, estimate.TensorCount);
            losses.Add(new CheckpointLoss(estimate.Faults, estimate.MissingKeys));
        }

        Assert.Equal(4, losses.Count);
        Assert.All(losses, loss =>
        {
            Assert.Equal(["b.weight"], loss.MissingKeys);
            Assert.Contains(message, Assert.Single(loss.Faults).Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void WhatIsNotAskedForMayBeMissing()
    {
        var checkpoint = Write("no shard");
        using var module = CreateModule("a.weight", "b.weight");
        Assert.Empty(ModelLoader.Load(module, checkpoint, new ImportOptions { KeyFilter = new Only("a.weight") }, progress: null, Token).MissingKeys);
        var (made, report) = ModelLoader.Load(checkpoint, new ImportOptions { KeyFilter = new Only("a.weight") }, cancellationToken: Token);
        made.Dispose();
        Assert.Equal(1, report.TensorCount);

        var error = Assert.Throws<CheckpointException>(() => ModelLoader.Load(module, checkpoint, new ImportOptions { KeyFilter = new Only("b.weight") }, progress: null, Token));
        Assert.EndsWith("missing: b.weight", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AKeyInAnotherShardThanTheIndexSaysIsNotMissing()
    {
        WriteShard("a.safetensors", "a.weight", "b.weight");
        WriteShard("b.safetensors", "c.weight");
        WriteIndex(("a.weight", "a.safetensors"), ("b.weight", "b.safetensors"), ("c.weight", "b.safetensors"));
        var checkpoint = Checkpoint.Open(directory.Path, Token);
        Assert.Contains(checkpoint.Findings, finding => finding.Code == FindingCodes.ShardKeyMissing);
        var (module, report) = ModelLoader.Load(checkpoint, cancellationToken: Token);
        module.Dispose();
        Assert.Equal((3, 0), (report.TensorCount, report.Faults.Length));
    }

    [Theory]
    [InlineData("bad-storage-missing.pt")]
    [InlineData("bad-storage-shorter-than-tensor.pt")]
    [InlineData("bad-tensor-outside-storage.pt")]
    public void ATensorWhoseValuesAreNotThereIsAnErrorAndMayBeMissing(string fixture)
    {
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, fixture), Token);
        var fault = Assert.Single(checkpoint.Findings, finding => finding.Severity == FindingSeverity.Error);
        var error = Assert.Throws<CheckpointException>(() => ModelLoader.Load(checkpoint, cancellationToken: Token));
        Assert.Equal((CheckpointErrorIds.FormatInvalid, fault.Key), (error.ErrorId, error.Record));
        Assert.Contains(fault.Message, error.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => SkeletonBuilder.FromCheckpoint(checkpoint, cancellationToken: Token));
    }

    [Theory]
    [InlineData("Include")]
    [InlineData("Exclude")]
    public void OneTensorThatCannotBeLoadedDoesNotStopTheOthers(string how)
    {
        var path = directory["four.safetensors"];
        TestFiles.WriteSafetensors(path, ("w", "F4", [2, 8], new byte[8]), ("s", "F32", [2], TestFiles.Bytes(3f, 4f)), ("t", "F32", [1], TestFiles.Bytes(5f)));
        var checkpoint = Checkpoint.Open(path, Token);
        IKeyFilter filter = how == "Include" ? new Only("s") : new AllBut("w");
        var (module, report) = ModelLoader.Load(checkpoint, new ImportOptions { KeyFilter = filter }, cancellationToken: Token);
        using (module)
        {
            var loaded = ModuleTree.GetParameters(module);
            Assert.Equal(["s", "t"], loaded.Select(entry => entry.Key));
            Assert.Equal([3f, 4f], loaded[0].Tensor.data<float>().ToArray());
            Assert.Equal(how == "Include" ? ["t"] : [], report.MetaKeys);
        }

        var error = Assert.Throws<ModelException>(() => ModelLoader.Load(checkpoint, new ImportOptions { KeyFilter = new Only("w") }, cancellationToken: Token));
        Assert.Contains("'w': libtorch has no element type", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATieIsKeptWhenOneOfItsNamesIsChosen()
    {
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "shared-storages.pt"), Token);
        var tied = checkpoint.Tensors.GroupBy(tensor => (tensor.StorageKey, tensor.Offset, string.Join(',', tensor.Shape), string.Join(',', tensor.Stride))).FirstOrDefault(group => group.Count() > 1);
        Assert.SkipWhen(tied is null, "The fixture ties nothing.");
        var key = tied!.Last().Key;
        var (module, report) = ModelLoader.Load(checkpoint, new ImportOptions { KeyFilter = new Only(key), Prefix = "" }, cancellationToken: Token);
        using (module)
        {
            Assert.All(ModuleTree.GetParameters(module).Where(entry => tied.Any(tensor => tensor.Key == entry.Key)), entry => Assert.NotEqual("meta", entry.Device));
            Assert.Equal(1, report.TensorCount);
        }
    }

    private static ModuleContainer CreateModule(params string[] keys) => SkeletonBuilder.FromCheckpoint(
        SyntheticCheckpoint.Create([.. keys.Select(key => SyntheticCheckpoint.CreateTensor(key, "float32", 1))]), prefix: "", Token);

    private Checkpoint Write(string how)
    {
        WriteShard("a.safetensors", "a.weight");
        WriteShard("b.safetensors", how == "no key" ? "a.other" : "b.weight");
        var shard = directory["b.safetensors"];
        switch (how)
        {
            case "no shard":
                File.Delete(shard);
                break;
            case "LFS pointer":
                File.WriteAllText(shard, "version https://git-lfs.github.com/spec/v1\noid sha256:" + new string('0', 64) + "\nsize 100\n");
                break;
            case "cut":
                File.WriteAllBytes(shard, File.ReadAllBytes(shard)[..^1]);
                break;
            default:
                WriteShard("b.safetensors");
                break;
        }

        WriteIndex(("a.weight", "a.safetensors"), ("b.weight", "b.safetensors"));
        return Checkpoint.Open(directory.Path, Token);
    }

    private void WriteShard(string name, params string[] keys) =>
        TestFiles.WriteSafetensors(directory[name], [.. keys.Select(key => (key, "F32", new long[] { 1 }, TestFiles.Bytes(1f)))]);

    private void WriteIndex(params (string Key, string File)[] map) => File.WriteAllText(
        directory["model.safetensors.index.json"],
        "{\"metadata\":{},\"weight_map\":{" + string.Join(',', map.Select(entry => $"\"{entry.Key}\":\"{entry.File}\"")) + "}}",
        Encoding.ASCII);

    private sealed class Only(string name) : IKeyFilter
    {
        public IEnumerable<string> Unmatched => [];

        public bool Includes(string key) => key == name;
    }

    private sealed class AllBut(string name) : IKeyFilter
    {
        public IEnumerable<string> Unmatched => [];

        public bool Includes(string key) => key != name;
    }
}
