using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Keys;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Binding;

/// <summary>What was checked is what is loaded: another version of a file is an error in every mode, and the module stays as it was.</summary>
public sealed class ChangedFileTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var mode in new[] { "mapped", "resident", "cast", "resident cast", "tied" })
            {
                foreach (var change in new[] { "rename", "rename of the same age", "truncate", "append", "write", "another link" })
                {
                    cases.Add(mode, change);
                }
            }

            return cases;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Link => directory["model.safetensors"];

    private string Target => directory["target.safetensors"];

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void AChangeBetweenPlanAndReadIsAnError(string mode, string change)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links and renames over open files are those of Linux and macOS.");
        var checkpoint = Write();
        using var module = CreateModule(mode);
        var before = ModuleTree.GetParameters(module).Select(entry => entry.Device).ToArray();

        // The filter is asked while the plan is made, when all has been listed and nothing of the values been read.
        var options = CreateOptions(mode) with { KeyFilter = new Hook(() => Change(change)) };
        var error = Assert.Throws<CheckpointException>(() => ModelLoader.Load(module, checkpoint, options, progress: null, Token));

        Assert.Equal((CheckpointErrorIds.Changed, Link), (error.ErrorId, error.Path));
        Assert.Contains("list it again", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, ModuleTree.GetParameters(module).Select(entry => entry.Device));
    }

    [Theory]
    [InlineData("resident")]
    [InlineData("cast")]
    public void WhatIsWrittenWhileItIsReadIsAnError(string mode)
    {
        var checkpoint = Write();
        using var module = CreateModule(mode);
        var options = CreateOptions(mode);
        var progress = new Report(done => done.BytesDone > 0, () => Change("write"));
        var error = Assert.Throws<CheckpointException>(() => ModelLoader.Load(module, checkpoint, options, progress, Token));
        Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal("meta", entry.Device));
    }

    [Theory]
    [InlineData("mapped")]
    [InlineData("resident")]
    public void WhatIsPutInItsPlaceAfterItWasOpenedDoesNotReachTheLoad(string mode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps a file that is open from being replaced.");
        var checkpoint = Write();
        using var module = CreateModule(mode);
        var progress = new Report(done => mode == "mapped" ? done.TensorsDone == 1 : done.BytesDone > 0, () => Change("rename"));
        ModelLoader.Load(module, checkpoint, CreateOptions(mode), progress, Token);
        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal(1f, entry.Tensor[0].item<float>()));
    }

    [Fact]
    public void AFileThatIsGoneIsNotFound()
    {
        var checkpoint = Write();
        using var module = CreateModule("resident");
        var options = CreateOptions("resident") with { KeyFilter = new Hook(() => File.Delete(Target)) };
        var error = Assert.Throws<CheckpointException>(() => ModelLoader.Load(module, checkpoint, options, progress: null, Token));
        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
    }

    private static ImportOptions CreateOptions(string mode) => new()
    {
        Resident = mode.StartsWith("resident", StringComparison.Ordinal),
        DType = mode.EndsWith("cast", StringComparison.Ordinal) ? "float64" : null,
    };

    private static Holder CreateModule(string mode)
    {
        var weight = empty(4, device: META);
        return new Holder(weight, mode == "tied" ? weight : empty(4, device: META));
    }

    private Checkpoint Write()
    {
        Write(Target, 1f);
        File.CreateSymbolicLink(Link, Target);
        return Checkpoint.Open(Link, Token);
    }

    private static void Write(string path, float value)
    {
        var bytes = TestFiles.Bytes(value, value, value, value);
        TestFiles.WriteSafetensors(path, ("a", "F32", [4], bytes), ("b", "F32", [4], bytes));
        File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
    }

    private void Change(string change)
    {
        switch (change)
        {
            case "rename":
                Write(directory["new"], 2f);
                File.SetLastWriteTimeUtc(directory["new"], new DateTime(2026, 1, 3, 0, 0, 0, DateTimeKind.Utc));
                File.Move(directory["new"], Target, overwrite: true);
                break;
            case "rename of the same age":
                // The length and the time are those of the old file: only the file itself is another one.
                Write(directory["new"], 2f);
                File.Move(directory["new"], Target, overwrite: true);
                break;
            case "another link":
                Write(directory["new"], 2f);
                File.Delete(Link);
                File.CreateSymbolicLink(Link, directory["new"]);
                break;
            case "truncate":
                using (var file = Open())
                {
                    file.SetLength(file.Length - 16);
                }

                break;
            case "append":
                using (var file = Open())
                {
                    file.SetLength(file.Length + 4);
                }

                break;
            default:
                using (var file = Open())
                {
                    file.Seek(-1, SeekOrigin.End);
                    file.WriteByte(1);
                }

                break;
        }
    }

    // As another process would: nothing on Linux and macOS keeps it from that.
    private FileStream Open() => new(Target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);

    private sealed class Hook(Action action) : IKeyFilter
    {
        private bool isDone;

        public IEnumerable<string> Unmatched => [];

        public bool Includes(string key)
        {
            if (!isDone)
            {
                isDone = true;
                action();
            }

            return true;
        }
    }

    private sealed class Report(Func<ImportProgress, bool> condition, Action action) : IProgress<ImportProgress>
    {
        private readonly Lock gate = new();
        private bool isDone;

        void IProgress<ImportProgress>.Report(ImportProgress value)
        {
            lock (gate)
            {
                if (!isDone && condition(value))
                {
                    isDone = true;
                    action();
                }
            }
        }
    }

    private sealed class Holder : nn.Module
    {
        public Holder(Tensor a, Tensor b)
            : base(nameof(Holder))
        {
            register_buffer("a", a);
            register_buffer("b", b);
        }
    }
}
