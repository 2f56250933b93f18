using System.Text;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Formats;

/// <summary>Tar checkpoints that are cut or changed.</summary>
public sealed class TarTests
{
    [Fact]
    public void Says_at_which_size_a_cut_archive_would_be_whole()
    {
        int storages = Find("storages");
        using var file = MutatedFile.Of("tar-state-dict", bytes => bytes[..(storages + 512 + 20)]);

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
        Assert.Matches($"truncated: {storages + 512 + 20} of at least [0-9]+ bytes", error.Message);
    }

    [Theory]
    [InlineData("pickle")]
    [InlineData("tensors")]
    [InlineData("storages")]
    public void Names_the_member_that_is_not_there(string member)
    {
        int place = Find(member);
        using var file = MutatedFile.Of("tar-state-dict", bytes => Rename(bytes, place, "other"));

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains($"no member '{member}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_header_with_a_wrong_checksum()
    {
        int place = Find("pickle");
        using var file = MutatedFile.Of("tar-state-dict", bytes =>
        {
            bytes[place + 110]++;
            return bytes;
        });

        Assert.Contains("checksum", file.Refusal().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Never_uses_a_name_as_a_path()
    {
        int place = Find("sys_info");
        using var file = MutatedFile.Of("tar-state-dict", bytes => Rename(bytes, place, "../../../etc/x"));

        var checkpoint = file.Open();

        Assert.Equal(5, checkpoint.Tensors.Count);
        Assert.Null(checkpoint.FormatVersion);
    }

    [Fact]
    public void Refuses_a_storage_that_claims_more_than_its_member_holds()
    {
        // The count of storage 98, two half-precision numbers: the elements are 0.5 and -2.
        using var file = MutatedFile.Of("tar-state-dict", bytes =>
        {
            int count = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[2, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x38, 0x00, 0xc0]);
            bytes[count + 5] = 1;
            return bytes;
        });

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains("'98' is said to have 1099511627778 elements", error.Message, StringComparison.Ordinal);
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

    /// <summary>Where the header of a member is.</summary>
    private static int Find(string member)
    {
        byte[] bytes = File.ReadAllBytes(FixtureFiles.PathOf("tar-state-dict"));
        byte[] name = [.. Encoding.ASCII.GetBytes(member), 0];
        for (int place = 0; place < bytes.Length; place += 512)
        {
            if (bytes.AsSpan(place).StartsWith(name))
            {
                return place;
            }
        }

        throw new InvalidOperationException($"the fixture has no member '{member}'");
    }

    private static byte[] Rename(byte[] bytes, int place, string name)
    {
        var field = bytes.AsSpan(place, 100);
        field.Clear();
        Encoding.ASCII.GetBytes(name, field);
        var sum = bytes.AsSpan(place + 148, 8);
        sum.Fill((byte)' ');
        int total = bytes.AsSpan(place, 512).ToArray().Sum(value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(total, 8).PadLeft(6, '0') + "\0 ", sum);
        return bytes;
    }
}
