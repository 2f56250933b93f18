using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Meta;
using LowMem.Loader.Modules;
using LowMem.Loader.Tests.Modules;

namespace LowMem.Loader.Tests.Import.Binding;

/// <summary>Every kind of module, those that compute in C++ among them, from meta to the values of a file.</summary>
public class ModuleKindTests
{
    public static TheoryData<string, bool> Kinds =>
        [.. ModuleZoo.Names.SelectMany(row => new (string, bool)[] { (row.Data, false), (row.Data, true) })];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_module_computes_the_same_with_its_values_from_a_file(string kind, bool resident)
    {
        using var directory = new TempDirectory();
        var (module, run) = ModuleZoo.Make(kind);
        using var before = run();
        var checkpoint = TestFiles.WriteStateDict(directory["model.safetensors"], module);
        var ties = ModuleTree.GetParameters(module).Select(entry => entry.TiedTo).ToArray();
        MetaMover.Move(module);

        var report = ModelLoader.Load(
            module,
            checkpoint,
            new ImportOptions { Resident = resident },
            progress: null,
            TestContext.Current.CancellationToken);

        using var after = run();
        Assert.True(after.eq(before).all().item<bool>());
        Assert.Empty(report.MetaKeys);
        Assert.Equal(ties, ModuleTree.GetParameters(module).Select(entry => entry.TiedTo));
        Assert.Equal(resident ? 0 : report.TensorCount, report.MappedCount);
        Assert.Empty(report.CastKeys);
    }
}
