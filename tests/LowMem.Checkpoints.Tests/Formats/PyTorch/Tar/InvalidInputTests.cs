using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch.Tar;

/// <summary>Tar checkpoints that are cut or changed: one clear error each, or a finding.</summary>
public sealed class InvalidInputTests
{
    [Fact]
    public void SaysAtWhichSizeACutArchiveWouldBeWhole()
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
    public void NamesTheMemberThatIsNotThere(string member)
    {
        int place = TarFixture.Find(member);
        using var file = MutatedFile.Of("tar-state-dict", bytes => TarFixture.Rename(bytes, place, "other"));

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains($"no member '{member}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesAHeaderWithAWrongChecksum()
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
    public void RefusesAStorageThatClaimsMoreThanItsMemberHolds()
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
    public void ReportsAMemberThatIsThereTwiceAndUsesTheLast()
    {
        using var file = MutatedFile.With(
            new TarBytes { Root = PickleBytes.Int(1) }.AddMember("pickle", [.. PickleBytes.Proto(2), .. PickleBytes.Int(2), (byte)'.']).Build());

        var checkpoint = file.Open();

        Assert.Equal(2L, Assert.Single(checkpoint.Values).Value);
        var finding = Assert.Single(checkpoint.Findings);
        Assert.Equal((FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid), (finding.Severity, finding.Code));
        Assert.Contains("two members named 'pickle'; the last is used", finding.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, byte[]> Broken => new()
    {
        { "a negative count of storages", "the number of storages is impossible", new TarBytes { StorageCount = PickleBytes.Int(-1) }.Build() },
        { "more storages than there are bytes", "the number of storages is impossible", new TarBytes { StorageCount = PickleBytes.Int(1L << 31) }.Build() },
        { "a count that is text", "the number of storages is impossible", new TarBytes { StorageCount = PickleBytes.Text("1") }.Build() },
        { "more tensors than there are bytes", "the number of tensors is impossible", new TarBytes { TensorCount = PickleBytes.Int(1) }.Build() },
        { "a storage twice", "the file holds storage '7' twice", new TarBytes().AddStorage("7", 1, new byte[4]).AddStorage("7", 1, new byte[4]).Build() },
        { "a tensor twice", "the file holds tensor '1' twice", new TarBytes().AddTensor("1", null, 0, [], []).AddTensor("1", null, 0, [], []).Build() },
        { "a storage of no class", "is not (key, location, class)", new TarBytes().AddStorage("7", 1, new byte[4], "Module").Build() },
        { "a negative size of a storage", "storage '7' is said to have -1 elements", new TarBytes().AddStorage("7", -1, new byte[4]).Build() },
        { "a storage of 2^62 elements", "storage '7' is said to have 4611686018427387904 elements", new TarBytes().AddStorage("7", 1L << 62, new byte[4]).Build() },
        { "257 dimensions", "a tensor is said to have 257 dimensions", new TarBytes().AddTensor("1", null, 0, new long[257], new long[257]).Build() },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void RefusesWhatContradictsItself(string what, string message, byte[] content)
    {
        using var file = MutatedFile.With(content);

        var error = file.Refusal();

        Assert.True(error.ErrorId == CheckpointErrorIds.FormatInvalid, what);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Offset);
    }

    [Theory]
    [InlineData("7", 1, new long[] { 2 }, new long[] { 1 }, FindingCodes.TensorOutOfBounds, "it needs 12 bytes of storage '7', which has 8")]
    [InlineData("7", 0, new long[] { 2147483648 }, new long[] { 1 }, FindingCodes.TensorOutOfBounds, "it needs 8589934592 bytes")]
    [InlineData("7", 0, new long[] { -1 }, new long[] { 1 }, FindingCodes.TensorInvalid, "holds something that is no size from 0 up")]
    [InlineData("7", 0, new long[] { 2 }, new long[] { -1 }, FindingCodes.TensorInvalid, "holds something that is no size from 0 up")]
    [InlineData("7", -1, new long[] { 1 }, new long[] { 1 }, FindingCodes.TensorInvalid, "is no count from 0 up")]
    [InlineData("7", 0, new long[] { long.MaxValue, long.MaxValue }, new long[] { 0, 0 }, FindingCodes.TensorInvalid, "its size does not fit 64 bits")]
    [InlineData("8", 0, new long[] { 1 }, new long[] { 1 }, FindingCodes.TensorInvalid, "its persistent id is not that of a storage")]
    public void ListsATensorThatDoesNotFitItsStorageWithTheReason(
        string storage, long offset, long[] shape, long[] stride, string code, string message)
    {
        using var file = MutatedFile.With(
            new TarBytes { Root = PickleBytes.Dict(("bad", TarBytes.Id("1")), ("good", TarBytes.Id("2"))) }
                .AddStorage("7", 2, new byte[8]).AddTensor("1", storage, offset, shape, stride).AddTensor("2", "7", 0, [2], [1]).Build());

        var checkpoint = file.Open();

        var finding = Assert.Single(checkpoint.Findings);
        Assert.Equal((code, "bad"), (finding.Code, finding.Key));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        Assert.Equal(["good"], checkpoint.Tensors.Where(tensor => tensor.UnreadableReason is null).Select(tensor => tensor.Key));
    }
}
