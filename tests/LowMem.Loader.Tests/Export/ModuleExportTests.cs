using System.Diagnostics;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Export;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Meta;
using LowMem.Loader.Modules;
using LowMem.Loader.Tests.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Export;

public sealed class ModuleExportTests : IDisposable
{
    private readonly TempDirectory directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatWasLoadedIsSavedByteForByteAsPyTorchSavedIt(bool resident)
    {
        string original = Path.Combine(TestFiles.Samples, "boring.pt");
        using var module = new BoringModel(META);
        ModelLoader.Load(module, Checkpoint.Open(original, Token), new ImportOptions { Resident = resident }, progress: null, Token);

        string path = Save(module, "boring.pt");

        Assert.Equal(File.ReadAllBytes(original), File.ReadAllBytes(path));
    }

    [Fact]
    public void AMappedModelIsSavedOverItsOwnFile()
    {
        string path = directory["boring.pt"];
        File.Copy(Path.Combine(TestFiles.Samples, "boring.pt"), path);
        using var module = new BoringModel(META);
        ModelLoader.Load(module, Checkpoint.Open(path, Token), new ImportOptions(), progress: null, Token);
        using (no_grad())
        {
            module.out_proj.bias!.add_(1);
        }

        var before = ModuleTree.GetParameters(module).ToDictionary(entry => entry.Key, entry => TestFiles.GetHash(entry.Tensor));
        Save(module, "boring.pt", new ConversionSettings { Replaces = true });

        Assert.Equal(before, ModuleTree.GetParameters(module).ToDictionary(entry => entry.Key, entry => TestFiles.GetHash(entry.Tensor)));
        using var again = new BoringModel(META);
        ModelLoader.Load(again, Checkpoint.Open(path, Token), new ImportOptions(), progress: null, Token);
        Assert.Equal(before, ModuleTree.GetParameters(again).ToDictionary(entry => entry.Key, entry => TestFiles.GetHash(entry.Tensor)));
    }

    [Theory]
    [InlineData("tied.pt")]
    [InlineData("tied.safetensors")]
    public void TiesAreWrittenOnceAndBuffersOutsideTheStateDictNotAtAll(string name)
    {
        using var module = new TiedModel();

        var saved = Checkpoint.Open(Save(module, name), Token);

        Assert.Empty(saved.Findings);
        Assert.Equal(["body.bias", "body.weight", "embed.weight", "head.weight", "scale", "steps"], saved.Tensors.Select(tensor => tensor.Key).Order(StringComparer.Ordinal));
        var byKey = saved.Tensors.ToDictionary(tensor => tensor.Key);
        Assert.Equal(byKey["embed.weight"].Offset, byKey["head.weight"].Offset);
        Assert.Equal(4 * (28 + 16 + 4 + 4) + 8, saved.GetSummary().ByteLength);
    }

    [Theory]
    [InlineData("views.pt")]
    [InlineData("views.safetensors")]
    public void EveryKindOfViewAndTypeIsReadBackAsItIs(string name)
    {
        using var module = new Holder();
        module.Add("transposed", arange(12, dtype: ScalarType.Float32).reshape(3, 4).t());
        module.Add("narrowed", arange(10, dtype: ScalarType.Float64).narrow(0, 3, 4));
        module.Add("expanded", ones(1, 3, dtype: ScalarType.Float16).expand(2, 3));
        module.Add("empty", zeros(0, 5));
        module.Add("scalar", tensor(7L));
        module.Add("flags", tensor(new[] { true, false }));
        module.Add("brain", arange(5, dtype: ScalarType.BFloat16));
        module.Add("bytes", arange(5, dtype: ScalarType.Byte));

        var saved = Checkpoint.Open(Save(module, name), Token);

        Assert.Empty(saved.Findings);
        var expected = ModuleTree.GetParameters(module).Select(entry => (entry.Key, TestFiles.GetHash(entry.Tensor))).ToList();
        using var export = ModuleExport.Of(module);
        Assert.Equal(expected.Order(), TestFiles.ReadHashes(saved).Order());
        Assert.Equal(
            ModuleTree.GetParameters(module).Select(entry => (entry.Key, entry.DType)).Order(), saved.Tensors.Select(tensor => (tensor.Key, tensor.DType)).Order());
        Assert.Equal(expected.Order(), TestFiles.ReadHashes(export.Checkpoint).Order());
    }

    [Fact]
    public void FloatsAreCastAndShardsWritten()
    {
        using var module = new TiedModel();
        using var export = ModuleExport.Of(module);
        var report = new ConversionRun(Plan(export.Checkpoint, "cast.safetensors", new ConversionOptions { Type = DType.Get("float16"), MaxShardSize = 64 }), new ConversionSettings()).Run(null, Token);

        var saved = Checkpoint.Open(report.Path, Token);

        Assert.Equal(saved.ShardCount, report.Files.Count);
        Assert.True(saved.ShardCount > 1);
        Assert.Equal(["float16", "int64"], saved.Tensors.Select(tensor => tensor.DType).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void PyTorchReadsTheSameBits()
    {
        const string script = "import hashlib, sys, torch\n"
            + "for key, value in torch.load(sys.argv[1]).items(): print(key, hashlib.sha256(value.detach().numpy().tobytes()).hexdigest())";
        using var module = new TiedModel();
        string path = Save(module, "tied.pt");

        var lines = RunPython(script, path);

        Assert.SkipWhen(lines is null, "PyTorch is not asked, since no python3 here has it");
        Assert.Equal(
            ModuleTree.GetParameters(module).Where(entry => entry.IsPersistent).Select(entry => $"{entry.Key} {TestFiles.GetHash(entry.Tensor)}"), lines);
    }

    [Fact]
    public void TheMemoryStaysUntilTheExportIsDone()
    {
        using var module = new BoringModel(CPU);
        var expected = ModuleTree.GetParameters(module).Select(entry => (entry.Key, TestFiles.GetHash(entry.Tensor))).ToList();
        using var export = ModuleExport.Of(module);

        MetaMover.Move(module);
        module.Dispose();

        Assert.Equal(expected.Order(), TestFiles.ReadHashes(export.Checkpoint).Order());
    }

    [Fact]
    public void ValuesOnMetaAreOneErrorThatNamesThem()
    {
        using var module = new BoringModel(META);

        var error = Assert.Throws<ModelException>(() => ModuleExport.Of(module));

        Assert.Equal(ModelErrorIds.ValuesMissing, error.ErrorId);
        Assert.StartsWith("8 entries of the state dict (in_proj.weight, in_proj.bias, ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatNoFileKeepsIsAnError()
    {
        using var module = new Holder();
        module.Add("sparse", eye(3).to_sparse());
        Assert.Equal(ModelErrorIds.ModuleUnsupported, Assert.Throws<ModelException>(() => ModuleExport.Of(module)).ErrorId);

        using var empty = nn.ReLU();
        Assert.Equal(ModelErrorIds.ModuleUnsupported, Assert.Throws<ModelException>(() => ModuleExport.Of(empty)).ErrorId);
    }

    private static string[]? RunPython(string script, string path)
    {
        foreach (string program in (string[])["python3", "/usr/bin/python3"])
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, ["-c", script, path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
                string output = process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                if (process.ExitCode == 0)
                {
                    return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                }
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // There is no such program.
            }
        }

        return null;
    }

    private string Save(nn.Module module, string name, ConversionSettings? settings = null)
    {
        using var export = ModuleExport.Of(module);
        return new ConversionRun(Plan(export.Checkpoint, name), settings ?? new ConversionSettings { Verifies = true }).Run(null, Token).Path;
    }

    private ConversionPlan Plan(Checkpoint checkpoint, string name, ConversionOptions? options = null) => ConversionPlan.Create(
        checkpoint, ConversionDestination.Of(directory[name], isDirectory: false, format: null, ModuleExport.Format), options ?? new ConversionOptions(), Token);

    private sealed class Holder() : nn.Module(nameof(Holder))
    {
        public void Add(string name, Tensor buffer) => register_buffer(name, buffer);
    }
}
