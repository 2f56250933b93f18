using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification.Signing;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>What is signed here is verified here, and nothing else is.</summary>
public class RoundTripTests
{
    [Theory]
    [InlineData("nistP256")]
    [InlineData("nistP384")]
    [InlineData("nistP521")]
    public void ADirectorySignedByAKeyIsVerified(string curve)
    {
        using var model = new SignedModel(curve);
        model.Sign();
        var verdict = model.Verify();
        Assert.True(verdict.Passed, verdict.FirstFinding);
        Assert.Contains(verdict.Findings, finding =>
            finding.Code == FindingCodes.SignatureVerified && finding.Message.EndsWith("3 files are as signed", StringComparison.Ordinal));
    }

    [Fact]
    public void ADirectorySignedByACertificateIsVerifiedByItsRoot()
    {
        using var model = new SignedModel("nistP256");
        var (root, middle, leaf) = model.WriteCertificates();
        model.Sign([leaf, middle]);
        using var check = new SignatureCheck(model.Signature, new SignatureTrust { Certificates = [root] }, SigningFixtures.Time);
        Assert.Equal(FindingCodes.SignatureVerified, Assert.Single(check.Check(model.Path, null, null, TestContext.Current.CancellationToken)).Code);
    }

    [Theory]
    [InlineData(null, "1.3.6.1.5.5.7.3.3", true)]
    [InlineData("1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.3", true)]
    [InlineData("1.3.6.1.5.5.7.3.3", null, true)]
    [InlineData("1.3.6.1.5.5.7.3.1", null, false)]
    [InlineData("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3", false)]
    public void TheCertificatesHaveToBeForSigningCodeWhereTheyNameAUse(string? middleUsage, string? leafUsage, bool isTrusted)
    {
        using var model = new SignedModel("nistP256");
        var (root, middle, leaf) = model.WriteCertificates(middleUsage, leafUsage);
        model.Sign([leaf, middle]);
        using var check = new SignatureCheck(model.Signature, new SignatureTrust { Certificates = [root] }, SigningFixtures.Time);
        Assert.Equal(
            isTrusted ? FindingCodes.SignatureVerified : FindingCodes.SignatureUntrusted,
            Assert.Single(check.Check(model.Path, null, null, TestContext.Current.CancellationToken)).Code);
    }

    [Fact]
    public void TheCertificateOfAWebServerSignsNoModel()
    {
        using var model = new SignedModel("nistP256");
        var (_, middle, leaf) = model.WriteCertificates(leafUsage: "1.3.6.1.5.5.7.3.1");
        var error = Assert.Throws<CheckpointException>(() => model.Sign([leaf, middle]));
        Assert.Contains("the certificate of the key is for other uses than signing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFlippedByteInAShardFailsAndNamesIt()
    {
        using var model = new SignedModel("nistP256");
        model.Sign();
        string shard = Path.Combine(model.Path, "b.safetensors");
        byte[] content = File.ReadAllBytes(shard);
        content[^1] ^= 1;
        File.WriteAllBytes(shard, content);

        var verdict = model.Verify();
        Assert.False(verdict.Passed);
        var error = Assert.Single(verdict.Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal(FindingCodes.SignatureFileChanged, error.Code);
        Assert.StartsWith("the file 'b.safetensors' is not what was signed", error.Message);
    }

    [Fact]
    public void AFileThatTheCheckpointReadsHasToBeSignedWhereOthersNeedNot()
    {
        using var model = new SignedModel("nistP256");
        model.Sign(ignored: ["b.safetensors"]);
        var error = Assert.Single(model.Verify().Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal(
            (FindingCodes.SignatureFileUnsigned, "the file 'b.safetensors' is part of the checkpoint and was not signed"),
            (error.Code, error.Message));
    }

    [Fact]
    public void AskedForByItsIndexACheckpointIsComparedWithTheSignatureOfItsDirectory()
    {
        using var model = new SignedModel("nistP256");
        model.Sign();
        File.WriteAllText(Path.Combine(model.Path, "notes.txt"), "not part of the checkpoint");
        string index = Path.Combine(model.Path, CheckpointDirectory.IndexName);
        Assert.True(model.Verify(index).Passed);

        File.AppendAllText(index, " ");
        var error = Assert.Single(model.Verify(index).Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal(FindingCodes.SignatureFileChanged, error.Code);
    }

    [Fact]
    public void ASingleFileIsSignedUnderItsName()
    {
        using var model = new SignedModel("nistP256");
        string file = Path.Combine(model.Path, "a.safetensors");
        using (var key = SigningKey.Read(model.PrivateKey, []))
        {
            new ModelSignature { Path = file, OutputPath = model.Signature }.Write(key, null, TestContext.Current.CancellationToken);
        }

        Assert.True(model.Verify(file).Passed);
        string other = Path.Combine(model.Path, "b.safetensors");
        Assert.Equal(FindingCodes.SignatureFileUnsigned, Assert.Single(model.Verify(other).Findings, finding => finding.Severity == FindingSeverity.Error).Code);
    }

    [Fact]
    public void TheSignatureOfAnotherKeyIsNotTrusted()
    {
        using var model = new SignedModel("nistP256");
        using var other = new SignedModel("nistP256");
        model.Sign();
        var findings = SigningFixtures.Check(model.Signature, new SignatureTrust { PublicKey = other.PublicKey }, model.Path);
        Assert.Equal(FindingCodes.SignatureUntrusted, Assert.Single(findings).Code);
    }

    [Fact]
    public void ALinkIsSignedOnlyWhenItIsSaid()
    {
        using var model = new SignedModel("nistP256");
        File.CreateSymbolicLink(Path.Combine(model.Path, "link"), Path.Combine(model.Path, "a.safetensors"));
        var error = Assert.Throws<CheckpointException>(() => model.Sign());
        Assert.Equal(CheckpointErrorIds.Unsupported, error.ErrorId);

        model.Sign(allowsLinks: true);
        Assert.True(model.Verify().Passed);
    }

    [Fact]
    public void AShardIndexIsNotSignedWithoutItsShards()
    {
        using var model = new SignedModel("nistP256");
        using var key = SigningKey.Read(model.PrivateKey, []);
        var error = Assert.Throws<CheckpointException>(() => new ModelSignature
        {
            Path = Path.Combine(model.Path, CheckpointDirectory.IndexName),
            OutputPath = model.Signature,
        }.Write(key, null, TestContext.Current.CancellationToken));
        Assert.Equal((CheckpointErrorIds.Unsupported, true), (error.ErrorId, error.Message.Contains("Sign the directory.", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("a.safetensors", true)]
    [InlineData("model.sig", false)]
    [InlineData("new.sig", false)]
    public void WhatIsNoSignatureIsAnInputEvenWhereTheSignatureGoes(string output, bool isInput)
    {
        using var model = new SignedModel("nistP256");
        model.Sign();
        string path = Path.Combine(model.Path, output);
        var inputs = new ModelSignature { Path = model.Path, OutputPath = path }.GetInputs(TestContext.Current.CancellationToken);
        Assert.Equal(isInput, OutputPath.IsAmong(path, inputs));
    }

    [Fact]
    public void AKeyThatIsNoneIsAnError()
    {
        using var model = new SignedModel("nistP256");
        var error = Assert.Throws<CheckpointException>(() => SigningKey.Read(model.PublicKey, []));
        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        error = Assert.Throws<CheckpointException>(() => new SignatureCheck(model.Signature, new SignatureTrust { PublicKey = model.PrivateKey }));
        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        error = Assert.Throws<CheckpointException>(() => SigningKey.Read(model.PrivateKey, [SigningFixtures.PathOf("keys/ca-cert.pem")]));
        Assert.Contains("none of the certificates is of the private key", error.Message);
    }
}
