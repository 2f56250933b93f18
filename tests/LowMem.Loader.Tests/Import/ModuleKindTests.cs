using LowMem.Checkpoints;
using LowMem.Loader.Import;
using LowMem.Loader.Meta;
using LowMem.Loader.Modules;
using LowMem.Loader.Tests.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import;

/// <summary>Every kind of module, those that compute in C++ among them, from meta to the values of a file.</summary>
public class ModuleKindTests
{
    private static readonly Dictionary<ScalarType, string> Codes = new()
    {
        [ScalarType.Float32] = "F32",
        [ScalarType.Int64] = "I64",
        [ScalarType.Bool] = "BOOL",
    };

    public static TheoryData<string, bool> Kinds =>
        [.. ModuleZoo.Names.SelectMany(row => new (string, bool)[] { (row.Data, false), (row.Data, true) })];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_module_computes_the_same_with_its_values_from_a_file(string kind, bool resident)
    {
        using var directory = new TempDirectory();
        var path = directory["model.safetensors"];
        var (module, run) = ModuleZoo.Make(kind);
        using var before = run();
        TestFiles.WriteSafetensors(
            path,
            [.. ModuleTree.GetParameters(module)
                .Where(entry => entry.IsPersistent && entry.TiedTo is null)
                .Select(entry => (entry.Key, Codes[entry.Tensor.dtype], entry.Shape, TestFiles.GetBytes(entry.Tensor)))]);
        MetaMover.Move(module);

        var report = ModelLoader.Load(
            module,
            Checkpoint.Open(path, TestContext.Current.CancellationToken),
            new ImportOptions { Resident = resident },
            progress: null,
            TestContext.Current.CancellationToken);

        using var after = run();
        Assert.True(after.eq(before).all().item<bool>());
        Assert.Empty(report.MetaKeys);
        Assert.Empty(report.CastKeys);
    }
}
