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
    public void A_directory_signed_by_a_key_is_verified(string curve)
    {
        using var model = new SignedModel(curve);
        model.Sign();
        var verdict = model.Verify();
        Assert.True(verdict.Passed, verdict.FirstFinding);
        Assert.Contains(verdict.Findings, finding =>
            finding.Code == FindingCodes.SignatureVerified && finding.Message.EndsWith("3 files are as signed", StringComparison.Ordinal));
    }

    [Fact]
    public void A_directory_signed_by_a_certificate_is_verified_by_its_root()
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
    public void The_certificates_have_to_be_for_signing_code_where_they_name_a_use(string? middleUsage, string? leafUsage, bool isTrusted)
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
    public void The_certificate_of_a_web_server_signs_no_model()
    {
        using var model = new SignedModel("nistP256");
        var (_, middle, leaf) = model.WriteCertificates(leafUsage: "1.3.6.1.5.5.7.3.1");
        var error = Assert.Throws<CheckpointException>(() => model.Sign([leaf, middle]));
        Assert.Contains("the certificate of the key is for other uses than signing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_byte_in_a_shard_fails_and_names_it()
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
    public void A_file_that_the_checkpoint_reads_has_to_be_signed_where_others_need_not()
    {
        using var model = new SignedModel("nistP256");
        model.Sign(ignored: ["b.safetensors"]);
        var error = Assert.Single(model.Verify().Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal(
            (FindingCodes.SignatureFileUnsigned, "the file 'b.safetensors' is part of the checkpoint and was not signed"),
            (error.Code, error.Message));
    }

    [Fact]
    public void Asked_for_by_its_index_a_checkpoint_is_compared_with_the_signature_of_its_directory()
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
    public void A_single_file_is_signed_under_its_name()
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
    public void The_signature_of_another_key_is_not_trusted()
    {
        using var model = new SignedModel("nistP256");
        using var other = new SignedModel("nistP256");
        model.Sign();
        var findings = SigningFixtures.Check(model.Signature, new SignatureTrust { PublicKey = other.PublicKey }, model.Path);
        Assert.Equal(FindingCodes.SignatureUntrusted, Assert.Single(findings).Code);
    }

    [Fact]
    public void A_link_is_signed_only_when_it_is_said()
    {
        using var model = new SignedModel("nistP256");
        File.CreateSymbolicLink(Path.Combine(model.Path, "link"), Path.Combine(model.Path, "a.safetensors"));
        var error = Assert.Throws<CheckpointException>(() => model.Sign());
        Assert.Equal(CheckpointErrorIds.Unsupported, error.ErrorId);

        model.Sign(allowsLinks: true);
        Assert.True(model.Verify().Passed);
    }

    [Fact]
    public void A_shard_index_is_not_signed_without_its_shards()
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
    public void What_is_no_signature_is_an_input_even_where_the_signature_goes(string output, bool isInput)
    {
        using var model = new SignedModel("nistP256");
        model.Sign();
        string path = Path.Combine(model.Path, output);
        var inputs = new ModelSignature { Path = model.Path, OutputPath = path }.GetInputs(TestContext.Current.CancellationToken);
        Assert.Equal(isInput, OutputPath.IsAmong(path, inputs));
    }

    [Fact]
    public void A_key_that_is_none_is_an_error()
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
