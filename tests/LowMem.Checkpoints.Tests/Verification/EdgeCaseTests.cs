using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

/// <summary>What is verified, hashed and compared at the edges: nothing at all, one key twice, keys that are hard to write.</summary>
public sealed class EdgeCaseTests
{
    /// <summary>SHA-256 of no bytes.</summary>
    private const string HashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void ACheckpointWithoutTensorsPassesAtEveryLevel()
    {
        using var file = MutatedFile.With(SafetensorsBytes.File("{}"));
        var manifest = CheckpointManifest.Create(Checkpoint.Open(file.Path, Token), null, Token);

        foreach (var level in Enum.GetValues<VerificationLevel>())
        {
            var verdict = CheckpointVerifier.Verify(file.Path, new VerificationOptions { Level = level, Manifest = manifest }, null, Token);
            Assert.True(verdict.Passed);
            Assert.Equal(0, verdict.TensorCount);
        }

        Assert.Empty(manifest.Tensors);
    }

    [Fact]
    public void AnEmptyTensorHasTheHashOfNothingAndIsNotCalledAllZero()
    {
        using var file = MutatedFile.With(
            SafetensorsBytes.File("""{"e":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]},"z":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", new byte[4]));

        var manifest = CheckpointManifest.Create(Checkpoint.Open(file.Path, Token), null, Token);
        var findings = CheckpointVerifier.Verify(file.Path, new VerificationOptions { Level = VerificationLevel.Values }, null, Token).Findings;

        Assert.Equal(HashOfNothing, manifest.Tensors[0].Sha256);
        Assert.Equal(["z"], findings.Where(finding => finding.Code == FindingCodes.AllZero).Select(finding => finding.Key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("\u202Egnp \"quoted\" \\ größe 🔥")]
    public void AKeyThatIsHardToWriteSurvivesAManifest(string key)
    {
        using var file = MutatedFile.With(SafetensorsBytes.One(key, 1));
        using var written = MutatedFile.With([]);
        CheckpointManifest.Create(Checkpoint.Open(file.Path, Token), null, Token).Write(written.Path);

        var manifest = CheckpointManifest.Read(written.Path);

        Assert.Equal(key, Assert.Single(manifest.Tensors).Key);
        Assert.True(CheckpointVerifier.Verify(file.Path, new VerificationOptions { Manifest = manifest }, null, Token).Passed);
    }

    [Fact]
    public void TwoTensorsOfOneKeyAreComparedInTheirOrder()
    {
        // {"a.b": x, "a": {"b": y}} has the key a.b twice.
        using var file = MutatedFile.With(Two(1, 2));
        using var swapped = MutatedFile.With(Two(2, 1));
        var manifest = CheckpointManifest.Create(Checkpoint.Open(file.Path, Token), null, Token);

        Assert.Equal(["a.b", "a.b"], manifest.Tensors.Select(tensor => tensor.Key));
        Assert.Equal(
            [FindingCodes.DuplicateKey],
            CheckpointVerifier.Verify(file.Path, new VerificationOptions { Manifest = manifest }, null, Token).Findings
                .Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => finding.Code));
        Assert.Equal(
            2,
            CheckpointVerifier.Verify(swapped.Path, new VerificationOptions { Manifest = manifest }, null, Token).Findings
                .Count(finding => finding is { Code: FindingCodes.ManifestChanged, Key: "a.b" }));

        static byte[] Two(float first, float second) => TensorBytes.Archive(
            [("a.b", TensorBytes.Vector("0", 1)), ("a", PickleBytes.Dict(("b", TensorBytes.Vector("1", 1))))],
            ("0", BitConverter.GetBytes(first)), ("1", BitConverter.GetBytes(second))).Build();
    }

    [Fact]
    public void HashesMayBeWrittenInCapitals()
    {
        using var file = MutatedFile.With(SafetensorsBytes.One("a", 1));
        using var written = MutatedFile.With([]);
        CheckpointManifest.Create(Checkpoint.Open(file.Path, Token), null, Token).Write(written.Path);
        string text = File.ReadAllText(written.Path);
        foreach (string hash in System.Text.RegularExpressions.Regex.Matches(text, "[0-9a-f]{64}").Select(match => match.Value))
        {
            text = text.Replace(hash, hash.ToUpperInvariant(), StringComparison.Ordinal);
        }

        File.WriteAllText(written.Path, text);

        Assert.True(CheckpointVerifier.Verify(file.Path, new VerificationOptions { Manifest = CheckpointManifest.Read(written.Path) }, null, Token).Passed);
    }

    [Fact]
    public void WhatAManifestSaysBesideIsOfNoAccount()
    {
        using var file = MutatedFile.With("""{"comment":[1],"manifest":1,"format":"x","files":[],"tensors":[{"key":"k","dtype":"int8","shape":[0],"sha256":null,"note":{}}]}"""u8.ToArray());

        var tensor = Assert.Single(CheckpointManifest.Read(file.Path).Tensors);

        Assert.Equal(("k", "int8", null), (tensor.Key, tensor.DType, tensor.Sha256));
    }
}
