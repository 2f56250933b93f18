using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch.Tar;

/// <summary>Tar checkpoints as they are legal and seldom.</summary>
public sealed class EdgeCaseTests
{
    [Fact]
    public void NeverUsesANameAsAPath()
    {
        int place = TarFixture.Find("sys_info");
        using var file = MutatedFile.Of("tar-state-dict", bytes => TarFixture.Rename(bytes, place, "../../../etc/x"));

        var checkpoint = file.Open();

        Assert.Equal(6, checkpoint.Tensors.Count);
        Assert.Null(checkpoint.FormatVersion);
    }

    [Fact]
    public void GivesThePlacesOfElementsInTheArchiveItself()
    {
        byte[] bytes = File.ReadAllBytes(FixtureFiles.PathOf("tar-state-dict"));
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf("tar-state-dict"), TestContext.Current.CancellationToken);

        var tensor = checkpoint.Tensors.Single(tensor => tensor.Key == "state_dict.halves");

        Assert.Equal([0x00, 0x38, 0x00, 0xc0], bytes.AsSpan((int)tensor.Offset, 4).ToArray());
        Assert.Equal(CheckpointFormats.PyTorchTar, tensor.Format);
        Assert.Equal("1000", checkpoint.FormatVersion);
    }

    [Fact]
    public void NamesTheGlobalsOfAllMembers()
    {
        var globals = Checkpoint.Open(FixtureFiles.PathOf("tar-state-dict"), TestContext.Current.CancellationToken).Globals;

        Assert.Equal(
            ["collections.OrderedDict", "torch.FloatStorage", "torch.FloatTensor", "torch.HalfStorage", "torch.HalfTensor", "torch.LongStorage", "torch.LongTensor"],
            globals);
    }

    [Theory]
    [InlineData(0, new long[] { 2 }, new long[] { 1 }, 2)]
    [InlineData(1, new long[] { }, new long[] { }, 1)]
    [InlineData(1, new long[] { 3 }, new long[] { 0 }, 3)]
    [InlineData(2, new long[] { 0 }, new long[] { 1 }, 0)]
    public void ReadsUpToTheLastByteOfAStorage(long offset, long[] shape, long[] stride, long elements)
    {
        using var file = MutatedFile.With(new TarBytes().AddStorage("7", 2, new byte[8]).AddTensor("1", "7", offset, shape, stride).Build());

        var checkpoint = file.Open();

        var tensor = Assert.Single(checkpoint.Tensors);
        Assert.Equal(("(root)", elements, null), (tensor.Key, tensor.ElementCount, tensor.UnreadableReason));
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void ATensorThatNeverHadAStorageIsEmpty()
    {
        using var file = MutatedFile.With(new TarBytes().AddTensor("1", null, 0, [0], [1]).Build());

        var checkpoint = file.Open();

        Assert.Equal(0, Assert.Single(checkpoint.Tensors).ByteLength);
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void AStorageMayHaveNoElements()
    {
        using var file = MutatedFile.With(
            new TarBytes().AddStorage("6", 0, []).AddStorage("7", 1, BitConverter.GetBytes(2.5f)).AddTensor("1", "7", 0, [1], [1]).Build());

        var tensor = Assert.Single(file.Open().Tensors);

        Assert.Equal(2.5f, BitConverter.ToSingle(File.ReadAllBytes(file.Path), (int)tensor.Offset));
    }

    [Fact]
    public void OtherMembersAreOfNoAccount()
    {
        using var file = MutatedFile.With(new TarBytes { Root = PickleBytes.Int(5) }.AddMember("größe/🔥", [1, 2, 3]).AddMember(new string('n', 300), []).Build());

        var checkpoint = file.Open();

        Assert.Equal(5L, Assert.Single(checkpoint.Values).Value);
        Assert.Empty(checkpoint.Findings);
    }
}
