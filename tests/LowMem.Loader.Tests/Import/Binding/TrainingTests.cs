using LowMem.Checkpoints;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Export;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Meta;
using LowMem.Loader.Modules;
using LowMem.Loader.Tests.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Binding;

/// <summary>A module that went to meta and got its values from a file learns exactly what one learns that never did.</summary>
public class TrainingTests
{
    public static TheoryData<string, bool, bool> Kinds =>
    [
        .. ModuleZoo.Names.SelectMany(row => new (string, bool, bool)[] { (row.Data, false, false), (row.Data, true, true) }),
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AStepOfAnOptimizerGivesTheSameParameters(string kind, bool resident, bool adam)
    {
        using var directory = new TempDirectory();
        var (plain, runPlain) = ModuleZoo.MakeTrainable(kind);
        var (loaded, runLoaded) = ModuleZoo.MakeTrainable(kind);
        var checkpoint = TestFiles.WriteStateDict(directory["model.safetensors"], plain);
        MetaMover.Move(loaded);
        ModelLoader.Load(
            loaded,
            checkpoint,
            new ImportOptions { Resident = resident, RequiresGrad = true },
            progress: null,
            TestContext.Current.CancellationToken);

        // An import decides for all parameters at once.
        foreach (var parameter in plain.parameters())
        {
            parameter.requires_grad = true;
        }

        var before = Describe(loaded);
        Assert.Equal(Describe(plain), before);
        Train(plain, runPlain, adam);
        Train(loaded, runLoaded, adam);

        Assert.Equal(Describe(plain), Describe(loaded));
        Assert.NotEqual(before, Describe(loaded));
        Assert.True(runLoaded().eq(runPlain()).all().item<bool>());

        // What is saved is what was learnt.
        using (var export = ModuleExport.Of(loaded))
        {
            string path = directory["trained.pt"];
            new ConversionRun(
                ConversionPlan.Create(export.Checkpoint, ConversionDestination.Of(path, isDirectory: false, format: null, path), new ConversionOptions(), TestContext.Current.CancellationToken),
                new ConversionSettings()).Run(null, TestContext.Current.CancellationToken);
            Assert.Equal(
                ModuleTree.GetParameters(loaded).Where(entry => entry.IsPersistent).Select(entry => (entry.Key, TestFiles.GetHash(entry.Tensor))),
                TestFiles.ReadHashes(Checkpoint.Open(path, TestContext.Current.CancellationToken)));
        }

        // What was learnt is in memory; the file is as it was.
        using var again = ModuleZoo.Make(kind).Module;
        MetaMover.Move(again);
        ModelLoader.Load(again, checkpoint, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(before, Describe(again));
    }

    private static void Train(nn.Module module, Func<Tensor> run, bool adam)
    {
        using var optimizer = adam ? (optim.Optimizer)optim.Adam(module.parameters(), lr: 0.01) : optim.SGD(module.parameters(), 0.1);
        for (var step = 0; step < 2; step++)
        {
            optimizer.zero_grad();
            using var loss = run().square().sum();
            loss.backward();
            optimizer.step();
        }
    }

    private static List<(string Key, string Hash)> Describe(nn.Module module) =>
        [.. ModuleTree.GetParameters(module).Select(entry => (entry.Key, TestFiles.GetHash(entry.Tensor)))];
}
