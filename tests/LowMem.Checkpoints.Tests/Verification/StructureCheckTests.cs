using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;
using static LowMem.Checkpoints.Tests.Builders.TensorBytes;

namespace LowMem.Checkpoints.Tests.Verification;

/// <summary>What shows only when all tensors and all records are known, at the level that reads no data.</summary>
public sealed class StructureCheckTests
{
    private const ushort Bzip2 = 12;
    private const ushort Aes = 99;

    [Theory]
    [InlineData("extra.bin", Aes, 0, 0, "uses compression method 99")]
    [InlineData("extra.bin", Bzip2, 0, 0, "uses compression method 12")]
    [InlineData("data/9", Bzip2, 0, 0, "uses compression method 12")]
    [InlineData("extra.pkl", 0, 1, 0, "is encrypted")]
    [InlineData("extra.bin", 0, 0, 2, "is in another part of a split archive")]
    public void ARecordThatNobodyReadsIsAnErrorAtEveryLevelAlthoughNothingUsesIt(
        string name, ushort method, ushort flags, ushort disk, string problem)
    {
        var record = new ZipBytes.Record($"archive/{name}", [1, 2, 3], 3, method) { Flags = flags, Disk = disk };
        string message = $"zip entry 'archive/{name}' {problem}";
        byte[] content = Sound().Add(record).Build();

        foreach (var level in Enum.GetValues<VerificationLevel>())
        {
            var verdict = Verify(content, level);

            Assert.False(verdict.Passed);
            var finding = Assert.Single(verdict.Findings, each => each.Code == FindingCodes.ArchiveEntryInvalid);
            Assert.Equal((FindingSeverity.Error, message), (finding.Severity, finding.Message));
        }
    }

    [Fact]
    public void OnePartOfASplitArchiveDoesNotPass()
    {
        byte[] content = Sound().Build();
        content[^18] = 1;

        var verdict = Verify(content);

        var finding = Assert.Single(verdict.Findings, each => each.Severity == FindingSeverity.Error);
        Assert.Equal(CheckpointErrorIds.FormatInvalid, finding.Code);
        Assert.Contains("it is one part of a split archive", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BytesBehindTheLastTensorOfSafetensorsDoNotPassAndAreListedWithAWarning()
    {
        byte[] content = [.. SafetensorsBytes.One("a", 1), 0, 0];
        using var file = MutatedFile.With(content);

        var finding = Assert.Single(Verify(content).Findings);

        Assert.Equal((FindingSeverity.Error, FindingCodes.TrailingBytes), (finding.Severity, finding.Code));
        Assert.Equal("2 bytes follow the last tensor", finding.Message);
        var warning = Assert.Single(file.Open().Findings);
        Assert.Equal((FindingSeverity.Warning, FindingCodes.TrailingBytes), (warning.Severity, warning.Code));
    }

    [Fact]
    public void BytesBehindTheLastTensorOfAShardDoNotPass()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("1.safetensors", [.. SafetensorsBytes.One("a", 1), 0]);
        directory.WriteIndex("""{"weight_map":{"a":"1.safetensors"}}""");

        var verdict = CheckpointVerifier.Verify(directory.Path, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((FindingSeverity.Error, FindingCodes.TrailingBytes), (verdict.Findings[0].Severity, verdict.Findings[0].Code));
    }

    [Fact]
    public void TwoTensorsOfOneKeyDoNotPass()
    {
        byte[] pickle = [.. Proto(2), .. Dict(("a", Dict(("b", Vector("0", 1)))), ("a.b", Vector("1", 1))), (byte)'.'];

        var verdict = Verify(ZipBytes.PyTorch(pickle).Add("archive/data/0", new byte[4]).Add("archive/data/1", new byte[4]).Build());

        var finding = Assert.Single(verdict.Findings);
        Assert.Equal((FindingSeverity.Error, FindingCodes.DuplicateKey, "a.b"), (finding.Severity, finding.Code, finding.Key));
        Assert.Equal("several tensors go by the key 'a.b'", finding.Message);
    }

    [Fact]
    public void StoragesThatNoTensorUsesDoNotPass()
    {
        var verdict = Verify(Sound().Add("archive/data/1", new byte[12]).Add("archive/data/2", new byte[4]).Add("archive/data/3", []).Build());

        var finding = Assert.Single(verdict.Findings);
        Assert.Equal((FindingSeverity.Error, FindingCodes.UnlistedStorage), (finding.Severity, finding.Code));
        Assert.StartsWith("2 storages are used by no listed tensor, 16 bytes of ", finding.Message, StringComparison.Ordinal);
        Assert.EndsWith(": '1', '2'", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AStorageBelowTheStateOfAnObjectIsNamedWhenItsTensorIsNotListed()
    {
        // An object whose tensors are in a set, which no key leads into.
        byte[] pickle = [.. Proto(4), .. Dict(("w", Vector("0", 1)), ("s", [0x8f, (byte)'(', .. Vector("1", 1), 0x90])), (byte)'.'];

        var verdict = Verify(ZipBytes.PyTorch(pickle).Add("archive/data/0", new byte[4]).Add("archive/data/1", new byte[4]).Build());

        // Listed or told, but never lost.
        Assert.True(verdict.TensorCount == 2 || verdict.Findings.Any(finding => finding.Code == FindingCodes.UnlistedStorage));
    }

    [Theory]
    [InlineData("whole-module")]
    [InlineData("legacy-whole-module")]
    [InlineData("wrapped-modules")]
    [InlineData("values")]
    [InlineData("sparse")]
    [InlineData("quantized")]
    [InlineData("torchscript")]
    [InlineData("torchscript-frozen")]
    [InlineData("tar-whole-module")]
    public void BuffersThatAreNotPersistentComponentsConstantsAndBareStoragesAreNotLost(string fixture) => Assert.DoesNotContain(
        CheckpointVerifier.Verify(FixtureFiles.PathOf(fixture), cancellationToken: TestContext.Current.CancellationToken).Findings,
        finding => finding is { Code: FindingCodes.UnlistedStorage, Severity: not FindingSeverity.Information });

    private static ZipBytes Sound() => Archive([("w", Vector("0", 2))], ("0", new byte[8]));

    private static CheckpointVerdict Verify(byte[] content, VerificationLevel level = VerificationLevel.Structure)
    {
        using var file = MutatedFile.With(content);
        return CheckpointVerifier.Verify(file.Path, new VerificationOptions { Level = level }, cancellationToken: TestContext.Current.CancellationToken);
    }
}
