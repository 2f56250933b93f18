using System.IO.Compression;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Formats;

/// <summary>Archives of TorchScript and of C++: what is listed, under which names.</summary>
public sealed class TorchScriptTests
{
    [Theory]
    [InlineData("torchscript")]
    [InlineData("torchscript-frozen")]
    [InlineData("cpp-module")]
    [InlineData("cpp-tensors")]
    [InlineData("cpp-optimizer")]
    public void GoesByTheNameOfItsFormat(string name)
    {
        var checkpoint = Open(name);

        Assert.Equal(CheckpointFormats.TorchScript, checkpoint.Format);
        Assert.All(checkpoint.Tensors, tensor => Assert.Equal(CheckpointFormats.TorchScript, tensor.Format));
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void KeepsTheAttributesOfModulesAsValues()
    {
        var values = Open("torchscript").Values;

        Assert.Equal(0.5, values["scale"]);
        Assert.Equal(true, values["in_proj.training"]);
    }

    [Fact]
    public void ListsTheStateAndTheOptionsOfAnOptimizerOfCpp()
    {
        var checkpoint = Open("cpp-optimizer");

        // The parameters go by the addresses they had.
        Assert.Equal(
            ["exp_avg", "exp_avg_sq", "max_exp_avg_sq", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "size", "size"],
            checkpoint.Tensors.Select(tensor => tensor.Key.Split('.', '/')[^1]));
        Assert.Equal([3L, 2], checkpoint.Tensors[0].Shape);
        Assert.Equal(2, checkpoint.Values.Count(value => value.Key.EndsWith(".step", StringComparison.Ordinal) && value.Value is 2L));
        Assert.Equal(0.25, checkpoint.Values["param_groups.param_groups/0.options.lr"]);
        Assert.Equal(true, checkpoint.Values["param_groups.param_groups/0.options.amsgrad"]);
    }

    [Fact]
    public void NamesTheStoragesOfConstantsApartFromThoseOfTheObject()
    {
        Assert.Equal(
            ["constants/0", "constants/1", "constants/2", "constants/3"], Open("torchscript-frozen").Tensors.Select(tensor => tensor.StorageKey));
    }

    [Fact]
    public void StatesConstantsThatLieBesideAStateDict()
    {
        using var file = MutatedFile.Of("cpp-tensors", bytes => WithConstants(bytes, "torchscript-frozen"));

        var checkpoint = file.Open();

        Assert.Equal(
            ["0", "1", "constants.0", "constants.1", "constants.2", "constants.3"], checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Equal([false, false, true, true, true, true], checkpoint.Tensors.Select(tensor => tensor.IsAttribute));
        Assert.Equal("4 tensors, 68 bytes, no part of the state dict", checkpoint.Metadata["constants"]);
    }

    [Fact]
    public void ListsTheObjectWhenItsConstantsAreBroken()
    {
        using var file = MutatedFile.Of("cpp-tensors", bytes => Rewrite(bytes, archive =>
        {
            archive.GetEntry("cpp-tensors/constants.pkl")!.Delete();
            using var constants = archive.CreateEntry("cpp-tensors/constants.pkl").Open();
            constants.Write([0x80, 2, (byte)'(']);
        }));

        var checkpoint = file.Open();

        Assert.Equal(2, checkpoint.Tensors.Count);
        var finding = Assert.Single(checkpoint.Findings);
        Assert.Equal((FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid), (finding.Severity, finding.Code));
        Assert.Contains("constants.pkl", finding.Message, StringComparison.Ordinal);
    }

    private static Checkpoint Open(string name) => Checkpoint.Open(FixtureFiles.PathOf(name), TestContext.Current.CancellationToken);

    private static byte[] WithConstants(byte[] bytes, string donor) => Rewrite(bytes, archive =>
    {
        archive.GetEntry("cpp-tensors/constants.pkl")!.Delete();
        using var other = ZipFile.OpenRead(FixtureFiles.PathOf(donor));
        foreach (var entry in other.Entries.Where(entry => entry.FullName.Contains("/constants", StringComparison.Ordinal)))
        {
            using var source = entry.Open();
            using var target = archive.CreateEntry("cpp-tensors" + entry.FullName[donor.Length..], CompressionLevel.NoCompression).Open();
            source.CopyTo(target);
        }
    });

    private static byte[] Rewrite(byte[] bytes, Action<ZipArchive> change)
    {
        using var content = new MemoryStream();
        content.Write(bytes);
        using (var archive = new ZipArchive(content, ZipArchiveMode.Update, leaveOpen: true))
        {
            change(archive);
        }

        return content.ToArray();
    }
}
