using System.Security.Cryptography;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

/// <summary>Digests that lie beside a checkpoint.</summary>
public class DigestTests
{
    private static readonly byte[] Content = SafetensorsBytes.One("a", 1, 2);

    private static readonly string Digest = Convert.ToHexStringLower(SHA256.HashData(Content));

    public static TheoryData<string, string> Lists => new()
    {
        { "SHA256SUMS", $"{Digest}  model.safetensors\n" },
        { "SHA256SUMS.txt", $"# made by hand\r\n\r\n{Digest.ToUpperInvariant()} *./model.safetensors\r\n" },
        { "sha256sums.txt", $"SHA256 (model.safetensors) = {Digest}\n" },
        { "model.safetensors.sha256", Digest },
    };

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void AListWithTheMarkOfAnEncodingIsUsed(string encoding)
    {
        using var directory = new CheckpointDirectory();
        directory.Write("model.safetensors", Content);
        var known = Encoding.GetEncoding(encoding);
        directory.Write("SHA256SUMS", [.. known.Preamble, .. known.GetBytes($"{Digest}  model.safetensors\r\n")]);

        Assert.Equal(FindingCodes.DigestsUsed, Assert.Single(Verify(directory.Path).Findings).Code);
    }

    [Theory]
    [MemberData(nameof(Lists))]
    public void AListOfDigestsIsUsedAndNamed(string name, string text)
    {
        using var directory = new CheckpointDirectory();
        directory.Write("model.safetensors", Content);
        directory.Write(name, Encoding.UTF8.GetBytes(text));

        var verdict = Verify(directory.Path);
        Assert.True(verdict.Passed);
        var finding = Assert.Single(verdict.Findings);
        Assert.Equal((FindingSeverity.Information, FindingCodes.DigestsUsed, $"1 file was compared with '{name}'"), (finding.Severity, finding.Code, finding.Message));
    }

    [Theory]
    [MemberData(nameof(Lists))]
    public void AChangedByteIsAMismatch(string name, string text)
    {
        using var directory = new CheckpointDirectory();
        byte[] changed = [.. Content];
        changed[^1] ^= 1;
        directory.Write("model.safetensors", changed);
        directory.Write(name, Encoding.UTF8.GetBytes(text));

        var error = Assert.Single(Verify(directory.Path).Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal(FindingCodes.ChecksumMismatch, error.Code);
        Assert.StartsWith($"the file 'model.safetensors' should have SHA-256 {Digest} by '{name}'", error.Message);
    }

    [Fact]
    public void TwoDigestsOfOneFileCannotBothBeRight()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("model.safetensors", Content);
        directory.Write("SHA256SUMS", Encoding.UTF8.GetBytes($"{Digest}  model.safetensors\n{new string('0', 64)}  model.safetensors\n"));
        Assert.False(Verify(directory.Path).Passed);
    }

    [Fact]
    public void ALineThatIsNoDigestIsAWarning()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("model.safetensors", Content);
        directory.Write("SHA256SUMS", Encoding.UTF8.GetBytes($"{Digest}  model.safetensors\nd41d8  other\n"));
        var warning = Assert.Single(Verify(directory.Path).Findings, finding => finding.Severity == FindingSeverity.Warning);
        Assert.Equal((FindingCodes.DigestsUnreadable, "line 2 of 'SHA256SUMS' is no SHA-256 of a file"), (warning.Code, warning.Message));
    }

    [Fact]
    public void AFileThatTheListLacksIsStillToldToCarryNoChecksum()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("model.safetensors", Content);
        directory.Write("SHA256SUMS", Encoding.UTF8.GetBytes($"{Digest}  other.safetensors\n"));
        Assert.Equal(FindingCodes.ChecksumAbsent, Assert.Single(Verify(directory.Path).Findings).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheNameOfABlobInTheCacheIsItsDigest(bool changed)
    {
        using var cache = new CheckpointDirectory();
        byte[] content = [.. Content];
        content[^1] ^= changed ? (byte)1 : (byte)0;
        cache.Write($"models--a--b/blobs/{Digest}", content);
        string snapshot = Path.Combine(cache.Path, "models--a--b", "snapshots", "rev");
        Directory.CreateDirectory(snapshot);
        File.CreateSymbolicLink(Path.Combine(snapshot, "model.safetensors"), $"../../blobs/{Digest}");

        var verdict = Verify(snapshot);
        Assert.Equal(!changed, verdict.Passed);
        Assert.Contains(
            verdict.Findings, finding => finding.Message == "1 file was compared with the name of the blob in the Hugging Face cache");
    }

    [Fact]
    public void AtTheLevelOfStructureNothingIsHashed()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("model.safetensors", Content);
        directory.Write("SHA256SUMS", Encoding.UTF8.GetBytes($"{new string('0', 64)}  model.safetensors\n"));
        Assert.Empty(CheckpointVerifier.Verify(directory.Path, cancellationToken: TestContext.Current.CancellationToken).Findings);
    }

    [Fact]
    public void AManifestKnowsTheIndex()
    {
        using var directory = new CheckpointDirectory();
        directory.WriteIndex("""{"weight_map": {"a": "model.safetensors"}}""");
        directory.Write("model.safetensors", Content);
        var manifest = CheckpointManifest.Create(directory.Open(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["model.safetensors", CheckpointDirectory.IndexName], manifest.Files.Select(file => file.Path));

        directory.WriteIndex("""{"weight_map": {"a": "model.safetensors"} }""");
        var error = Assert.Single(CheckpointVerifier.Verify(
            directory.Path, new VerificationOptions { Manifest = manifest }, null, TestContext.Current.CancellationToken).Findings);
        Assert.Equal(FindingCodes.ManifestChanged, error.Code);
        Assert.StartsWith($"the file '{CheckpointDirectory.IndexName}' should be", error.Message);
    }

    private static CheckpointVerdict Verify(string path) => CheckpointVerifier.Verify(
        path, new VerificationOptions { Level = VerificationLevel.Checksum }, null, TestContext.Current.CancellationToken);
}
