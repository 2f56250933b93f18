using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch.Legacy;

/// <summary>Legacy PyTorch files that are cut or changed: one clear error each, or a finding.</summary>
public sealed class InvalidInputTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(39)]
    [InlineData(40)]
    [InlineData(LegacyBytes.ViewsStoragesLength)]
    public void SaysHowManyBytesOfHowManyAreThere(int missing)
    {
        long whole = new FileInfo(FixtureFiles.PathOf("legacy-views")).Length;
        using var file = MutatedFile.Of("legacy-views", bytes => bytes[..^missing]);

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
        Assert.Contains($"truncated: {whole - missing} of {whole} bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CallsAFileThatEndsInItsPicklesTruncated()
    {
        int pickles = (int)new FileInfo(FixtureFiles.PathOf("legacy-views")).Length - LegacyBytes.ViewsStoragesLength;
        for (int length = LegacyBytes.Magic.Length; length < pickles; length++)
        {
            using var file = MutatedFile.Of("legacy-views", bytes => bytes[..length]);
            Assert.Equal(CheckpointErrorIds.Truncated, file.Refusal().ErrorId);
        }
    }

    [Fact]
    public void WarnsOfBytesBehindTheLastStorage()
    {
        using var file = MutatedFile.Of("legacy-views", bytes => [.. bytes, 1, 2, 3]);

        var finding = Assert.Single(file.Open().Findings);

        Assert.Equal((FindingSeverity.Warning, FindingCodes.TrailingBytes), (finding.Severity, finding.Code));
        Assert.Contains("3 bytes", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesTheTensorsOfAStorageWhoseCountDiffersAndListsTheOthers()
    {
        using var file = MutatedFile.Of("legacy-views", bytes =>
        {
            bytes[^LegacyBytes.ViewsStoragesLength] ^= 1;
            return bytes;
        });

        var checkpoint = file.Open();

        // Keys are sorted as text: "100" comes before "99".
        Assert.Equal(
            ["whole", "of_view", "of_view_transposed"],
            checkpoint.Tensors.Where(tensor => tensor.UnreadableReason is not null).Select(tensor => tensor.Key));
        Assert.All(checkpoint.Findings, finding => Assert.Equal(FindingCodes.StorageSizeMismatch, finding.Code));
        Assert.Contains("should have 10 elements, and the file says 11", checkpoint.Findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void KeepsATensorInsideItsViewOfAStorage()
    {
        // The view has 6 elements from 2 on; its size is the byte before the end of the tuple.
        using var file = MutatedFile.Of("legacy-views", bytes => MutatedFile.Replace(bytes, [(byte)'K', 2, (byte)'K', 6, 0x87], [(byte)'K', 2, (byte)'K', 5, 0x87]));

        var checkpoint = file.Open();

        Assert.Equal(["of_view_transposed"], checkpoint.Findings.Select(finding => finding.Key));
        Assert.Equal(FindingCodes.TensorOutOfBounds, checkpoint.Findings[0].Code);
    }

    [Fact]
    public void RefusesAViewThatReachesOutOfItsStorage()
    {
        using var file = MutatedFile.Of("legacy-views", bytes => MutatedFile.Replace(bytes, [(byte)'K', 2, (byte)'K', 6, 0x87], [(byte)'K', 2, (byte)'K', 9, 0x87]));

        var checkpoint = file.Open();

        Assert.Equal(["of_view", "of_view_transposed"], checkpoint.Findings.Select(finding => finding.Key));
        Assert.All(checkpoint.Findings, finding => Assert.Equal(FindingCodes.TensorOutOfBounds, finding.Code));
    }

    [Fact]
    public void RefusesAnotherProtocolVersion()
    {
        using var file = MutatedFile.Of("legacy-views", bytes => MutatedFile.Replace(bytes, [(byte)'M', 0xe9, 3, (byte)'.'], [(byte)'M', 0xea, 3, (byte)'.']));

        Assert.Equal(CheckpointErrorIds.Unsupported, file.Refusal().ErrorId);
    }

    [Fact]
    public void RefusesAListThatNamesAStorageTwice()
    {
        using var file = MutatedFile.With(LegacyBytes.File(TensorBytes.Vector("0", 1), ["0", "0"], (1, new byte[4]), (1, new byte[4])));

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains("the file lists storage '0' twice", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesStorageKeysThatAreNoList()
    {
        using var file = MutatedFile.With(LegacyBytes.File(TensorBytes.Vector("0", 1), PickleBytes.Text("0"), (1, new byte[4])));

        Assert.Contains("the storage keys of this legacy PyTorch file are no list", file.Refusal().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesTheTensorsOfAStorageThatIsNotListed()
    {
        using var file = MutatedFile.With(LegacyBytes.File(
            PickleBytes.Dict(("lost", TensorBytes.Vector("1", 1)), ("kept", TensorBytes.Vector("0", 1))), ["0"], (1, new byte[4])));

        var checkpoint = file.Open();

        var finding = Assert.Single(checkpoint.Findings);
        Assert.Equal((FindingCodes.StorageMissing, "lost"), (finding.Code, finding.Key));
        Assert.Contains("the file has no storage '1'", finding.Message, StringComparison.Ordinal);
        Assert.Null(checkpoint.Tensors[1].UnreadableReason);
    }

    [Fact]
    public void LosesWhatLiesBehindAStorageOfUnknownSize()
    {
        using var file = MutatedFile.With(LegacyBytes.File(
            PickleBytes.Dict(("before", TensorBytes.Vector("0", 1)), ("behind", TensorBytes.Vector("2", 1))), ["0", "1", "2"],
            (1, new byte[4]), (1, new byte[4]), (1, new byte[4])));

        var checkpoint = file.Open();

        Assert.Null(checkpoint.Tensors[0].UnreadableReason);
        Assert.Contains("it lies behind storage '1', the size of which is stated nowhere", checkpoint.Tensors[1].UnreadableReason, StringComparison.Ordinal);
        Assert.Equal(
            [(FindingCodes.StorageSizeMismatch, null), (FindingCodes.StorageMissing, "behind")],
            checkpoint.Findings.Select(finding => (finding.Code, finding.Key)));
    }

    [Theory]
    [InlineData(1L << 31)]
    [InlineData(1L << 60)]
    public void CountsWhatIsMissingOfAHugeStorage(long count)
    {
        byte[] content = LegacyBytes.File(TensorBytes.Vector("0", count), ["0"], (count, new byte[4]));
        using var file = MutatedFile.With(content);

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
        Assert.Contains($"truncated: {content.Length} of {content.Length - 12 + 8 + (count * 4)} bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesATensorThatSaysAnotherSizeOfItsStorageThanTheFirst()
    {
        // The first one says how large the storage is; the second would read past it.
        using var file = MutatedFile.With(LegacyBytes.File(
            PickleBytes.Dict(("one", TensorBytes.Vector("0", 1)), ("two", TensorBytes.Vector("0", 2))), ["0"], (1, new byte[4])));

        var finding = Assert.Single(file.Open().Findings);

        Assert.Equal((FindingCodes.StorageSizeMismatch, "two"), (finding.Code, finding.Key));
        Assert.Contains("storage '0' should be 8 bytes, and the file has 4", finding.Message, StringComparison.Ordinal);
    }
}
