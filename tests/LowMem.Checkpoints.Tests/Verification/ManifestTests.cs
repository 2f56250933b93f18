using System.Security.Cryptography;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

public sealed class ManifestTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Fixtures => [.. FixtureFiles.Names.Where(name => !FixtureFiles.Expectation(name).TryGetProperty("error", out _))];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void HashesTheValuesThatPyTorchHolds(string name)
    {
        var expected = FixtureFiles.Expectation(name).GetProperty("tensors").EnumerateArray()
            .Where(tensor => tensor.TryGetProperty("sha256", out _))
            .ToDictionary(
                tensor => tensor.GetProperty("key").GetString() is { Length: > 0 } key ? key : "(root)",
                tensor => tensor.GetProperty("sha256").GetString());
        string path = FixtureFiles.PathOf(name);

        var manifest = CheckpointManifest.Create(Checkpoint.Open(path, Token), null, Token);

        foreach (var tensor in manifest.Tensors.Where(tensor => tensor.Sha256 is not null))
        {
            Assert.Equal(expected[tensor.Key], tensor.Sha256);
        }

        Assert.Equal(manifest.Tensors.Select(tensor => tensor.Key).Order(StringComparer.Ordinal), manifest.Tensors.Select(tensor => tensor.Key));
        foreach (var file in manifest.Files)
        {
            string full = Path.Combine(Directory.Exists(path) ? path : Path.GetDirectoryName(path)!, file.Path);
            Assert.Equal(new FileInfo(full).Length, file.Length);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(full))), file.Sha256);
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void FindsNoDifferenceToTheCheckpointItWasMadeOf(string name)
    {
        string path = FixtureFiles.PathOf(name);
        using var file = Save(CheckpointManifest.Create(Checkpoint.Open(path, Token), null, Token));

        var verdict = Verify(path, CheckpointManifest.Read(file.Path));

        Assert.DoesNotContain(verdict.Findings, finding => finding.Code.StartsWith("Manifest", StringComparison.Ordinal));
    }

    [Fact]
    public void IsTheSameBytesEachTimeAndEndsWithALineFeed()
    {
        string path = FixtureFiles.PathOf("sharded-safetensors");
        using var first = Save(CheckpointManifest.Create(Checkpoint.Open(path, Token), null, Token));
        using var second = Save(CheckpointManifest.Read(first.Path));

        byte[] bytes = File.ReadAllBytes(first.Path);

        Assert.Equal(bytes, File.ReadAllBytes(second.Path));
        Assert.StartsWith("{\n  \"manifest\": 1,\n  \"format\": \"safetensors\",\n  \"files\": [\n", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        Assert.Equal("}\n"u8, bytes.AsSpan(^2..));
        Assert.DoesNotContain("\r", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        Assert.DoesNotContain(FixtureFiles.Directory, Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void NamesTheChangedTensorAndBothHashes()
    {
        using var before = MutatedFile.With(new SafetensorsBytes().Add("a", 1, 2).Add("b", 3, 4).Build());
        using var after = MutatedFile.With(new SafetensorsBytes().Add("a", 1, 2).Add("b", 3, 5).Build());
        var manifest = CheckpointManifest.Create(Checkpoint.Open(before.Path, Token), null, Token);

        var findings = Verify(after.Path, manifest).Findings;

        // A copy may go by another name; its bytes may not be others.
        Assert.Equal([null, "b"], findings.Select(finding => finding.Key));
        Assert.All(findings, finding => Assert.Equal((FindingSeverity.Error, FindingCodes.ManifestChanged), (finding.Severity, finding.Code)));
        Assert.Contains(manifest.Files[0].Sha256, findings[0].Message, StringComparison.Ordinal);
        Assert.Contains(manifest.Tensors[1].Sha256!, findings[1].Message, StringComparison.Ordinal);
        Assert.Contains(Hash(3, 5), findings[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesWhatIsMissingUnexpectedAndOfAnotherShape()
    {
        using var before = MutatedFile.With(new SafetensorsBytes().Add("gone", 1).Add("same", 2).Add("shape", 3, 4).Build());
        using var after = MutatedFile.With(new SafetensorsBytes().Add("new", 1).Add("same", 2).Add("shape", 3, 4, 5).Build());
        var manifest = CheckpointManifest.Create(Checkpoint.Open(before.Path, Token), null, Token);

        var findings = Verify(after.Path, manifest).Findings.Where(finding => finding.Key is not null);

        Assert.Equal(
            [("gone", FindingCodes.ManifestMissing), ("shape", FindingCodes.ManifestChanged), ("new", FindingCodes.ManifestUnexpected)],
            findings.Select(finding => (finding.Key!, finding.Code)));
        Assert.Contains(findings, finding => finding.Message == "tensor 'shape' should be float32 [2] and is float32 [3]");
    }

    [Fact]
    public void NamesTheShardsThatDiffer()
    {
        var manifest = CheckpointManifest.Create(Checkpoint.Open(FixtureFiles.PathOf("sharded-bin"), Token), null, Token);
        var changed = manifest with
        {
            Files = [.. manifest.Files.Skip(1), new ManifestFile("other.bin", 5, new string('0', 64))],
        };

        var findings = Verify(FixtureFiles.PathOf("sharded-bin"), changed).Findings;

        Assert.Equal([FindingCodes.ManifestMissing, FindingCodes.ManifestUnexpected], findings.Select(finding => finding.Code));
        Assert.Contains("'other.bin'", findings[0].Message, StringComparison.Ordinal);
        Assert.Contains($"'{manifest.Files[0].Path}'", findings[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DoesNotVouchForABrokenCheckpoint()
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf("bad-storage-missing"), Token);

        var error = Assert.Throws<CheckpointException>(() => CheckpointManifest.Create(checkpoint, null, Token));

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains("vouch", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NoticesAFileThatChangesWhileItIsLookedAt()
    {
        using var file = MutatedFile.With(SafetensorsBytes.One("a", 1, 2));
        var checkpoint = Checkpoint.Open(file.Path, Token);
        File.WriteAllBytes(file.Path, SafetensorsBytes.One("a", 1, 2, 3));

        var error = Assert.Throws<CheckpointException>(() => CheckpointManifest.Create(checkpoint, null, Token));

        Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
        Assert.Contains("since it was listed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LeavesNothingBehindWhenItCannotWrite()
    {
        var directory = Directory.CreateTempSubdirectory("lowmem-test-");
        try
        {
            var manifest = new CheckpointManifest { Format = "x", Files = [], Tensors = [] };

            // A directory stands where the file should go.
            string place = directory.CreateSubdirectory("taken").FullName;
            var error = Assert.Throws<CheckpointException>(() => manifest.Write(place));
            Assert.Equal(CheckpointErrorIds.AccessDenied, error.ErrorId);
            Assert.Equal([place], Directory.GetFileSystemEntries(directory.FullName));

            error = Assert.Throws<CheckpointException>(() => manifest.Write(Path.Combine(directory.FullName, "missing", "a.json")));
            Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string Hash(params float[] values) => Convert.ToHexStringLower(
        SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values)));

    private static MutatedFile Save(CheckpointManifest manifest)
    {
        var file = MutatedFile.With([]);
        manifest.Write(file.Path);
        return file;
    }

    private static CheckpointVerdict Verify(string path, CheckpointManifest manifest) =>
        CheckpointVerifier.Verify(path, new VerificationOptions { Manifest = manifest }, null, Token);
}
