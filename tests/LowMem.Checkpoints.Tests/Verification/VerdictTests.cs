using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

/// <summary>Which files pass, which do not, and which give no verdict.</summary>
public sealed class VerdictTests
{
    public static TheoryData<string> Sound => [.. FixtureFiles.Names.Where(name => !IsFaulty(name) && !IsUnsafe(name))];

    public static TheoryData<string> Faulty => [.. FixtureFiles.Names.Where(IsFaulty)];

    public static TheoryData<string> Unsafe => [.. FixtureFiles.Names.Where(IsUnsafe)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Sound))]
    public void PassesWhatPyTorchWrote(string name)
    {
        string path = FixtureFiles.PathOf(name);
        var checkpoint = Checkpoint.Open(path, Token);

        foreach (var level in new[] { VerificationLevel.Structure, VerificationLevel.Checksum })
        {
            var verdict = Verify(path, level, checkpoint.UnknownGlobals.Contains);

            Assert.True(verdict.Passed, string.Join(Environment.NewLine, verdict.Findings));
            Assert.Equal(path, verdict.Path);
            Assert.Equal(checkpoint.Format, verdict.Format);
            Assert.Equal(level.ToString(), verdict.Level);
            Assert.Equal(checkpoint.Tensors.Count, verdict.TensorCount);
            Assert.InRange(verdict.BytesRead, 1, long.MaxValue);
            Assert.True(verdict.Duration > TimeSpan.Zero);
        }
    }

    [Theory]
    [InlineData("legacy-whole-module")]
    [InlineData("tensor-subclass")]
    [InlineData("values")]
    [InlineData("whole-module")]
    [InlineData("wrapped-modules")]
    public void DoesNotPassClassesThatNobodyKnowsUnlessEachIsAllowed(string name)
    {
        string path = FixtureFiles.PathOf(name);
        string[] unknown = [.. Checkpoint.Open(path, Token).UnknownGlobals];

        var verdict = Verify(path, VerificationLevel.Structure);
        var allButOne = Verify(path, VerificationLevel.Structure, global => global != unknown[0]);

        Assert.False(verdict.Passed);
        Assert.Equal(unknown.Length, verdict.Findings.Count(finding => finding is { Code: FindingCodes.UnknownGlobal, Severity: FindingSeverity.Error }));
        Assert.Single(allButOne.Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal(unknown.Length - 1, allButOne.Findings.Count(finding => finding is { Code: FindingCodes.UnknownGlobal, Severity: FindingSeverity.Information }));
    }

    [Theory]
    [MemberData(nameof(Sound))]
    public void ReadsEveryByteOfAnArchiveForItsChecksums(string name)
    {
        string path = FixtureFiles.PathOf(name);
        var checkpoint = Checkpoint.Open(path, Token);
        if (checkpoint.Format != CheckpointFormats.PyTorchZip || checkpoint.IsUnpacked)
        {
            return;
        }

        long read = Verify(path, VerificationLevel.Checksum).BytesRead;

        // What opening has read counts, and is not read again; an index is read to tell what it is, and then by itself.
        long values = checkpoint.Tensors.Select(tensor => tensor.Storage).OfType<StorageExtent>().Distinct().Where(storage => storage.Offset >= 0).Sum(storage => storage.ByteLength);
        Assert.InRange(read, values, checkpoint.AllFiles.Sum(file => file.Length) * 5 / 4);
    }

    [Theory]
    [MemberData(nameof(Faulty))]
    public void DoesNotPassWhatIsBroken(string name)
    {
        string id = FixtureFiles.Expectation(name).GetProperty("error").GetString()!;

        var verdict = Verify(FixtureFiles.PathOf(name), VerificationLevel.Values);

        Assert.False(verdict.Passed);
        Assert.Equal(FindingSeverity.Error, verdict.Findings[0].Severity);
        Assert.NotEmpty(verdict.Findings[0].Message);
        if (verdict.TensorCount == 0)
        {
            Assert.Contains(verdict.Findings, finding => finding.Code == id);
        }
    }

    [Theory]
    [MemberData(nameof(Unsafe))]
    public void DoesNotPassWhatNamesUnsafeGlobals(string name)
    {
        string[] expected = [.. FixtureFiles.Expectation(name).GetProperty("unsafe_globals").EnumerateArray().Select(item => item.GetString()!)];

        var verdict = Verify(FixtureFiles.PathOf(name), VerificationLevel.Structure);

        Assert.False(verdict.Passed);
        foreach (string global in expected)
        {
            Assert.Contains(
                verdict.Findings,
                finding => finding.Code == FindingCodes.UnsafeGlobal && finding.Message.Contains(global, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void GivesNoVerdictOfAFileThatIsNotThere()
    {
        var error = Assert.Throws<CheckpointException>(() => Verify(Path.Combine(FixtureFiles.Directory, "nothing.pt"), VerificationLevel.Values));
        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
    }

    [Fact]
    public void GivesNoVerdictOfADirectoryWithoutACheckpoint()
    {
        var error = Assert.Throws<CheckpointException>(() => Verify(Path.Combine(FixtureFiles.Directory, "generator"), VerificationLevel.Values));
        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
    }

    [Fact]
    public void DoesNotPassASetWithAShardMissing()
    {
        var copy = Directory.CreateTempSubdirectory("lowmem-test-");
        try
        {
            foreach (string file in Directory.GetFiles(FixtureFiles.PathOf("sharded-safetensors")).Order(StringComparer.Ordinal).Skip(1))
            {
                File.Copy(file, Path.Combine(copy.FullName, Path.GetFileName(file)));
            }

            var verdict = Verify(copy.FullName, VerificationLevel.Checksum);

            Assert.False(verdict.Passed);
            Assert.Contains(verdict.Findings, finding => finding.Code == FindingCodes.ShardMissing);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("state-dict", CheckpointFormats.PyTorchZip)]
    public void WarnsOfTrailingBytesAndPasses(string fixture, string format)
    {
        using var file = MutatedFile.Of(fixture, bytes => [.. bytes, 1, 2, 3]);

        var verdict = Verify(file.Path, VerificationLevel.Checksum);

        Assert.True(verdict.Passed);
        Assert.Equal(format, verdict.Format);
        var finding = Assert.Single(verdict.Findings, finding => finding.Severity == FindingSeverity.Warning);
        Assert.Equal(FindingCodes.TrailingBytes, finding.Code);
        Assert.Equal(new FileInfo(file.Path).Length - 3, finding.Offset);
        Assert.StartsWith("3 bytes follow", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaysThatSafetensorsCarryNoChecksums()
    {
        var verdict = Verify(FixtureFiles.PathOf("shapes"), VerificationLevel.Checksum);

        var finding = Assert.Single(verdict.Findings);
        Assert.Equal((FindingSeverity.Information, FindingCodes.ChecksumAbsent), (finding.Severity, finding.Code));
        Assert.Contains("New-CheckpointManifest", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PutsErrorsFirst()
    {
        using var file = MutatedFile.Of("unsafe_os_system", bytes => [.. bytes, 0]);

        var verdict = Verify(file.Path, VerificationLevel.Values);

        Assert.Equal(verdict.Findings.OrderByDescending(finding => finding.Severity), verdict.Findings);
        Assert.Contains(verdict.Findings, finding => finding.Severity == FindingSeverity.Warning);
        Assert.Equal(FindingSeverity.Error, verdict.Findings[0].Severity);
    }

    [Fact]
    public void AddsWhatFurtherChecksFind()
    {
        var finding = new CheckpointFinding(FindingSeverity.Error, "Further", null, null, "found");
        var options = new VerificationOptions { AdditionalChecks = checkpoint => checkpoint.Tensors.Take(1).Select(_ => finding) };

        var verdict = CheckpointVerifier.Verify(FixtureFiles.PathOf("state-dict"), options, null, Token);

        Assert.False(verdict.Passed);
        Assert.Equal([finding], verdict.Findings);
    }

    private static CheckpointVerdict Verify(string path, VerificationLevel level, Func<string, bool>? allowsGlobal = null) =>
        CheckpointVerifier.Verify(path, new VerificationOptions { Level = level, AllowsGlobal = allowsGlobal }, null, Token);

    private static bool IsFaulty(string name) => FixtureFiles.Expectation(name).TryGetProperty("error", out _);

    private static bool IsUnsafe(string name) =>
        FixtureFiles.Expectation(name).TryGetProperty("unsafe_globals", out var globals) && globals.GetArrayLength() > 0;
}
