using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import.Binding;

/// <summary>One model, kept in each format, comes out the same.</summary>
public class OtherFormatTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, bool> Files => new()
    {
        { "legacy-state-dict.pth", false },
        { "legacy-state-dict.pth", true },
        { "dcp", false },
        { "dcp", true },
        { "module.dat", false },
        { "module.dat", true },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void A_model_is_the_same_whatever_the_format_it_was_kept_in(string file, bool resident)
    {
        using var directory = new TempDirectory();
        using var expected = Create();
        Load(expected, Path.Combine(TestFiles.Fixtures, "state-dict.pt"), resident: true);
        var path = Path.Combine(TestFiles.Fixtures, file);
        if (file == "module.dat")
        {
            path = directory[file];
            expected.save(path);
        }

        using var module = Create();
        var report = Load(module, path, resident);

        Assert.Empty(report.MissingKeys);
        Assert.Equal(expected.state_dict().Count, report.TensorCount);
        foreach (var (key, value) in module.state_dict())
        {
            Assert.Equal(TestFiles.GetHash(expected.state_dict()[key]), TestFiles.GetHash(value));
        }
    }

    private static nn.Module<Tensor, Tensor> Create() =>
        nn.Sequential(("0", nn.Linear(3, 4)), ("1", nn.BatchNorm1d(4)), ("2", nn.ReLU()), ("3", nn.Linear(4, 2, hasBias: false)));

    private static LoadReport Load(nn.Module module, string path, bool resident) =>
        ModelLoader.Load(module, Checkpoint.Open(path, Token), new ImportOptions { Resident = resident }, progress: null, Token);
}
