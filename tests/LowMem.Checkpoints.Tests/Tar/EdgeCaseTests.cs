using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;

namespace LowMem.Checkpoints.Tests.Tar;

/// <summary>Tar checkpoints as they are legal and seldom.</summary>
public sealed class EdgeCaseTests
{
    [Fact]
    public void Never_uses_a_name_as_a_path()
    {
        int place = TarFixture.Find("sys_info");
        using var file = MutatedFile.Of("tar-state-dict", bytes => TarFixture.Rename(bytes, place, "../../../etc/x"));

        var checkpoint = file.Open();

        Assert.Equal(5, checkpoint.Tensors.Count);
        Assert.Null(checkpoint.FormatVersion);
    }

    [Fact]
    public void Gives_the_places_of_elements_in_the_archive_itself()
    {
        byte[] bytes = File.ReadAllBytes(FixtureFiles.PathOf("tar-state-dict"));
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf("tar-state-dict"), TestContext.Current.CancellationToken);

        var tensor = checkpoint.Tensors.Single(tensor => tensor.Key == "state_dict.halves");

        Assert.Equal([0x00, 0x38, 0x00, 0xc0], bytes.AsSpan((int)tensor.Offset, 4).ToArray());
        Assert.Equal(CheckpointFormats.PyTorchTar, tensor.Format);
        Assert.Equal("1000", checkpoint.FormatVersion);
    }

    [Fact]
    public void Names_the_globals_of_all_members()
    {
        var globals = Checkpoint.Open(FixtureFiles.PathOf("tar-state-dict"), TestContext.Current.CancellationToken).Globals;

        Assert.Equal(
            ["collections.OrderedDict", "torch.FloatStorage", "torch.FloatTensor", "torch.HalfStorage", "torch.HalfTensor", "torch.LongStorage", "torch.LongTensor"],
            globals);
    }
}
