using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;
using LowMem.Checkpoints.Verification.Signing;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>A directory with its signature is one verdict: whatever in it is a checkpoint is looked at.</summary>
public class SignedDirectoryTests
{
    private static readonly byte[] Dangerous = [.. Proto(2), .. Call("os", "system"), (byte)'.'];

    [Theory]
    [InlineData("optimizer.pt")]
    [InlineData("deep/er/args.bin")]
    public void APickleBesideTheCheckpointIsLookedAtThoughItWasSigned(string name)
    {
        using var model = new SignedModel("nistP256");
        model.Write(name, Dangerous);
        model.Sign();

        var verdict = model.Verify();

        Assert.False(verdict.Passed);
        var error = Assert.Single(verdict.Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal(FindingCodes.UnsafeGlobal, error.Code);
        Assert.StartsWith($"in '{name}': ", error.Message, StringComparison.Ordinal);
        Assert.Contains(verdict.Findings, finding => finding.Code == FindingCodes.SignatureVerified);
    }

    [Fact]
    public void SeveralCheckpointsWithoutAnIndexAreAllLookedAt()
    {
        using var model = new SignedModel("nistP256");
        File.Delete(Path.Combine(model.Path, CheckpointDirectory.IndexName));
        model.Sign();
        var verdict = model.Verify();
        Assert.True(verdict.Passed, verdict.FirstFinding);
        Assert.Equal(2, verdict.TensorCount);

        model.Write("c.pkl", Dangerous);
        model.Sign();
        Assert.StartsWith("Error UnsafeGlobal: in 'c.pkl': ", model.Verify().FirstFinding, StringComparison.Ordinal);
    }

    [Fact]
    public void TheOnlyCheckpointIsThatOfTheDirectory()
    {
        using var model = new SignedModel("nistP256");
        File.Delete(Path.Combine(model.Path, CheckpointDirectory.IndexName));
        File.Delete(Path.Combine(model.Path, "b.safetensors"));
        model.Sign();
        var verdict = model.Verify();
        Assert.Equal((true, CheckpointFormats.Safetensors, 1L), (verdict.Passed, verdict.Format, verdict.TensorCount));
    }

    [Fact]
    public void ABrokenFileThatIsNamedAsACheckpointDoesNotPass()
    {
        using var model = new SignedModel("nistP256");
        model.Write("old.safetensors", "version https://git-lfs.github.com/spec/v1\n"u8.ToArray());
        model.Sign();
        var error = Assert.Single(model.Verify().Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.StartsWith("in 'old.safetensors': ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatCannotBeReadDoesNotPass()
    {
        using var model = new SignedModel("nistP256");
        model.Sign(ignored: ["pipe.pt"]);
        SpecialFiles.MakePipe(Path.Combine(model.Path, "pipe.pt"));
        var error = Assert.Single(model.Verify().Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal(CheckpointErrorIds.NotRegularFile, error.Code);
        Assert.StartsWith("in 'pipe.pt': this is a named pipe", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ACheckpointThatTheSignatureLeavesOutIsLookedAtAndTold()
    {
        using var model = new SignedModel("nistP256");
        model.Write("old/c.safetensors", SafetensorsBytes.One("c", 1));
        model.Sign(ignored: ["old"]);
        var verdict = model.Verify();
        Assert.True(verdict.Passed, verdict.FirstFinding);
        Assert.Equal(
            "Warning SignatureFileUnsigned: the file 'old/c.safetensors' is a checkpoint and was not signed: it is left out", verdict.FirstFinding);

        model.Write("old/d.pt", Dangerous);
        Assert.StartsWith("Error UnsafeGlobal: in 'old/d.pt': ", model.Verify().FirstFinding, StringComparison.Ordinal);
    }

    [Fact]
    public void ADirectoryWithoutCheckpointsSaysThatOnlyTheSignatureWasVerified()
    {
        using var model = new SignedModel("nistP256");
        foreach (string file in Directory.GetFiles(model.Path))
        {
            File.Delete(file);
        }

        model.Write("notes.txt", "notes"u8.ToArray());
        model.Sign();
        var verdict = model.Verify();
        Assert.True(verdict.Passed, verdict.FirstFinding);
        Assert.Equal("Warning CheckpointAbsent: only the signature was verified: of 2 files, none is a checkpoint", verdict.FirstFinding);
    }

    [Fact]
    public void WhatIsToBeComparedWithAManifestOrModuleHasToBeOneCheckpoint()
    {
        using var model = new SignedModel("nistP256");
        File.Delete(Path.Combine(model.Path, CheckpointDirectory.IndexName));
        model.Sign();
        using var check = new SignatureCheck(model.Signature, new SignatureTrust { PublicKey = model.PublicKey });
        var options = new VerificationOptions { Signature = check, AdditionalChecks = _ => [] };
        var error = Assert.Throws<CheckpointException>(
            () => CheckpointVerifier.Verify(model.Path, options, null, TestContext.Current.CancellationToken));
        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
    }

    [Fact]
    public void WhatGitKeepsIsNoPartOfTheModel()
    {
        using var model = new SignedModel("nistP256");
        model.Write(".git/objects/a.pt", Dangerous);
        model.Sign();
        Assert.True(model.Verify().Passed);
    }
}
