using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;

namespace LowMem.Checkpoints.Tests.Tar;

/// <summary>Tar checkpoints that are cut or changed: one clear error each, or a finding.</summary>
public sealed class InvalidInputTests
{
    [Fact]
    public void Says_at_which_size_a_cut_archive_would_be_whole()
    {
        int storages = TarFixture.Find("storages");
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
        int place = TarFixture.Find(member);
        using var file = MutatedFile.Of("tar-state-dict", bytes => TarFixture.Rename(bytes, place, "other"));

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains($"no member '{member}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_header_with_a_wrong_checksum()
    {
        int place = TarFixture.Find("pickle");
        using var file = MutatedFile.Of("tar-state-dict", bytes =>
        {
            bytes[place + 110]++;
            return bytes;
        });

        Assert.Contains("checksum", file.Refusal().Message, StringComparison.Ordinal);
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
}
