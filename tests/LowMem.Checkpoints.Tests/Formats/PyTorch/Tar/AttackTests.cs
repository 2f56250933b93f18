using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch.Tar;

/// <summary>Tar checkpoints that are made to cost much or to say the impossible.</summary>
public sealed class AttackTests
{
    private const int Million = 1 << 20;

    [Theory]
    [InlineData("77777777777")]
    [InlineData("\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF")]
    [InlineData("\u0080\0\0\0\u007F\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF")]
    [InlineData("-1         ")]
    [InlineData("99999999999")]
    public void ASizeThatIsALieCostsNothing(string size)
    {
        byte[] bytes = File.ReadAllBytes(FixtureFiles.PathOf("tar-state-dict"));
        int place = TarFixture.Find("sys_info");
        Encoding.Latin1.GetBytes(size, bytes.AsSpan(place + 124, 11));
        bytes = TarFixture.Rename(bytes, place, "sys_info");

        var (_, error) = Cost.Open(bytes, maxAllocated: 2 * Million);

        Assert.True(error!.ErrorId is CheckpointErrorIds.FormatInvalid or CheckpointErrorIds.Truncated, error.Message);
    }

    [Fact]
    public void AHundredThousandTensorsOfOneStorageAreListed()
    {
        // One member of a few bytes, and a list that names its one tensor as often as fits.
        byte[] id = [(byte)'h', 0];
        byte[] root = [(byte)']', (byte)'(', .. TarBytes.Id("1"), 0x94, .. PickleBytes.Repeat(id, 100_000), (byte)'e'];

        var (checkpoint, _) = Cost.Open(new TarBytes { Root = root }.AddStorage("7", 1, new byte[4]).AddTensor("1", "7", 0, [1], [1]).Build());

        Assert.Equal(100_001, checkpoint!.Tensors.Count);
    }

    [Theory]
    [InlineData("other", 2)]
    [InlineData("other.pkl", 0)]
    [InlineData("pickle", 2)]
    public void AMemberThatNoReaderOpensIsLookedThroughToo(string name, byte protocol)
    {
        // The last of two members of a name counts: the first is one that no reader opens.
        byte[] attack = PickleBytes.Call("os", "system");
        byte[] sound = [.. PickleBytes.Proto(2), .. PickleBytes.Int(2), (byte)'.'];
        var archive = new TarBytes { Root = PickleBytes.Int(1) }.AddMember(name, protocol == 0 ? attack[2..] : attack);

        var (checkpoint, _) = Cost.Open((name == "pickle" ? archive.AddMember(name, sound) : archive).Build());

        Assert.Equal(["os.system"], checkpoint!.UnsafeGlobals);
    }

    [Fact]
    public void ThreeHundredMembersAreLookedThrough()
    {
        var archive = new TarBytes { Root = PickleBytes.Int(1) };
        for (int i = 0; i < 300; i++)
        {
            archive.AddMember($"m{i}", PickleBytes.Call("os", $"system{i}"));
        }

        var (checkpoint, _) = Cost.Open(archive.Build());

        Assert.Equal(300, checkpoint!.UnsafeGlobals.Count);
    }
}
