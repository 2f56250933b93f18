using System.Text.Json.Nodes;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>Signatures of Sigstore, verified without a network.</summary>
public class KeylessTests
{
    public static TheoryData<string> Samples => ["v0.3.1-sigstore", "v1.0.0-sigstore", "v1.0.1-sigstore", "v1.1.0-sigstore"];

    /// <summary>Each thing that is verified, changed alone.</summary>
    public static TheoryData<string, string, string> Changes => new()
    {
        { "tlogEntries/0/inclusionPromise/signedEntryTimestamp", FindingCodes.SignatureInvalid, "the log did not sign this entry" },
        { "tlogEntries/0/integratedTime", FindingCodes.SignatureInvalid, "the log did not sign this entry" },
        { "tlogEntries/0/inclusionProof/hashes/0", FindingCodes.SignatureInvalid, "does not lead to the root of the log" },
        { "tlogEntries/0/inclusionProof/rootHash", FindingCodes.SignatureInvalid, "does not lead to the root of the log" },
        { "tlogEntries/0/inclusionProof/logIndex", FindingCodes.SignatureInvalid, "does not lead to the root of the log" },
        { "tlogEntries/0/inclusionProof/checkpoint/envelope", FindingCodes.SignatureInvalid, "the log did not sign that root" },
        { "tlogEntries/0/canonicalizedBody", FindingCodes.SignatureInvalid, "the log did not sign this entry" },
        { "tlogEntries/0/logId/keyId", FindingCodes.SignatureUntrusted, "a log that the trusted root does not name" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void IsVerifiedWithATrustedRootAndTheRightSigner(string sample)
    {
        using var copy = new SampleCopy(sample);
        var finding = Assert.Single(copy.Check());
        Assert.True(finding.Code == FindingCodes.SignatureVerified, finding.Message);
        Assert.Contains("signed by 'stefanb@us.ibm.com', for whom 'https://sigstore.verify.ibm.com/oauth2' vouched", finding.Message);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void OneByteThatWasChangedNamesItsFile(string sample)
    {
        using var copy = new SampleCopy(sample);
        byte[] content = File.ReadAllBytes(Path.Combine(copy.Directory, "signme-2"));
        content[0] ^= 1;
        File.WriteAllBytes(Path.Combine(copy.Directory, "signme-2"), content);
        var finding = Assert.Single(copy.Check());
        Assert.Equal(FindingCodes.SignatureFileChanged, finding.Code);
        Assert.StartsWith("the file 'signme-2' is not what was signed", finding.Message);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("stefanb@us.ibm.com", null)]
    [InlineData(null, "https://sigstore.verify.ibm.com/oauth2")]
    [InlineData("stefanb@us.ibm.com", "https://accounts.example.com")]
    [InlineData("STEFANB@us.ibm.com", "https://sigstore.verify.ibm.com/oauth2")]
    public void AnybodyCanGetACertificateSoTheSignerHasToBeNamed(string? identity, string? issuer)
    {
        using var copy = new SampleCopy("v1.1.0-sigstore");
        var finding = Assert.Single(SigningFixtures.Check(
            copy.Signature, SigningFixtures.Keyless with { Identity = identity, Issuer = issuer }, copy.Directory));
        Assert.Equal((FindingSeverity.Error, FindingCodes.SignatureUntrusted), (finding.Severity, finding.Code));
        Assert.Contains("it was signed by 'stefanb@us.ibm.com'", finding.Message);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void WhatDoesNotHoldIsNeverAPass(string place, string code, string message)
    {
        using var copy = new SampleCopy("v1.1.0-sigstore");
        Change(copy.Signature, "verificationMaterial/" + place);
        var finding = Assert.Single(copy.Check());
        Assert.Equal((FindingSeverity.Error, code), (finding.Severity, finding.Code));
        Assert.Contains(message, finding.Message);
    }

    [Theory]
    [InlineData("certificateAuthorities", "no authority of the trusted root certified at that time")]
    [InlineData("ctlogs", "no log of certificates that the trusted root names promised")]
    [InlineData("tlogs", "a log that the trusted root does not name")]
    public void ATrustedRootThatLacksOneOfThemDoesNotVouch(string member, string message)
    {
        using var copy = new SampleCopy("v1.0.1-sigstore");
        using var directory = new CheckpointDirectory();
        var root = JsonNode.Parse(File.ReadAllText(SigningFixtures.Keyless.TrustedRoot!))!;
        root[member] = new JsonArray();
        directory.Write("root.json", System.Text.Encoding.UTF8.GetBytes(root.ToJsonString()));
        var finding = Assert.Single(SigningFixtures.Check(
            copy.Signature, SigningFixtures.Keyless with { TrustedRoot = Path.Combine(directory.Path, "root.json") }, copy.Directory));
        Assert.Equal(FindingCodes.SignatureUntrusted, finding.Code);
        Assert.Contains(message, finding.Message);
    }

    [Theory]
    [InlineData("inclusionPromise", "no timestamp says when it was made")]
    [InlineData("inclusionProof", "it does not prove that the log holds it")]
    public void WhatIsMissingIsNotTakenForGranted(string member, string message)
    {
        using var copy = new SampleCopy("v1.0.1-sigstore");
        var root = JsonNode.Parse(File.ReadAllText(copy.Signature))!;
        root["verificationMaterial"]!["tlogEntries"]![0]!.AsObject().Remove(member);
        File.WriteAllText(copy.Signature, root.ToJsonString());
        var finding = Assert.Single(copy.Check());
        Assert.Equal((FindingSeverity.Error, FindingCodes.SignatureUnsupported), (finding.Severity, finding.Code));
        Assert.Contains(message, finding.Message);
    }

    [Fact]
    public void TheLogEntryOfAnotherSignatureIsNotTakenForThisOne()
    {
        using var copy = new SampleCopy("v1.1.0-sigstore");
        var root = JsonNode.Parse(File.ReadAllText(copy.Signature))!;
        var other = JsonNode.Parse(File.ReadAllText(SigningFixtures.PathOf("samples/v1.0.1-sigstore/model.sig")))!;
        root["verificationMaterial"]!["tlogEntries"] = other["verificationMaterial"]!["tlogEntries"]!.DeepClone();
        File.WriteAllText(copy.Signature, root.ToJsonString());
        var finding = Assert.Single(copy.Check());
        Assert.Equal(FindingCodes.SignatureInvalid, finding.Code);
        Assert.Contains("the log entry is of something else that was signed", finding.Message);
    }

    [Theory]
    [InlineData("tlogs")]
    [InlineData("certificateAuthorities")]
    [InlineData("timestampAuthorities")]
    public void ATrustedRootWithoutTheStartOfATimeIsNone(string member)
    {
        using var directory = new CheckpointDirectory();
        var root = JsonNode.Parse(File.ReadAllText(SigningFixtures.Keyless.TrustedRoot!))!;
        var time = root[member]![0]!["validFor"] ?? root[member]![0]!["publicKey"]!["validFor"]!;
        time.AsObject().Remove("start");
        directory.Write("root.json", System.Text.Encoding.UTF8.GetBytes(root.ToJsonString()));
        var error = Assert.Throws<CheckpointException>(() => SigningFixtures.Check(
            "model.sig", SigningFixtures.Keyless with { TrustedRoot = Path.Combine(directory.Path, "root.json") }, directory.Path));
        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains("a 'validFor' in it has no start", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The hint stands in front of the signature under the root of the log.</summary>
    [Fact]
    public void TheRootOfALogIsSignedUnderItsOwnHint()
    {
        using var copy = new SampleCopy("v1.0.1-sigstore");
        var root = JsonNode.Parse(File.ReadAllText(copy.Signature))!;
        var checkpoint = root["verificationMaterial"]!["tlogEntries"]![0]!["inclusionProof"]!["checkpoint"]!;
        string text = (string)checkpoint["envelope"]!;
        int start = text.LastIndexOf(' ') + 1;
        byte[] signature = Convert.FromBase64String(text[start..].TrimEnd('\n'));
        signature[0] ^= 1;
        checkpoint["envelope"] = text[..start] + Convert.ToBase64String(signature) + "\n";
        File.WriteAllText(copy.Signature, root.ToJsonString());
        var finding = Assert.Single(copy.Check());
        Assert.Equal(FindingCodes.SignatureInvalid, finding.Code);
        Assert.Contains("the log did not sign that root", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheConfigurationOfAClientHoldsATrustedRoot()
    {
        using var copy = new SampleCopy("v1.0.1-sigstore");
        var trust = SigningFixtures.Keyless with { TrustedRoot = SigningFixtures.PathOf("keys/custom_trust_config.json") };
        Assert.Equal(FindingCodes.SignatureVerified, Assert.Single(SigningFixtures.Check(copy.Signature, trust, copy.Directory)).Code);
    }

    [Fact]
    public void TheVectorOfTheSpecificationIsVerifiedAndItsFilesAreMissed()
    {
        using var directory = new CheckpointDirectory();
        var findings = SigningFixtures.Check(
            SigningFixtures.PathOf("vectors/valid/sigstore.bundle.json"), SigningFixtures.Keyless, directory.Path);
        Assert.Equal(
            ["the file 'signme-1' was signed and is not there", "the file 'signme-2' was signed and is not there"],
            findings.Select(finding => finding.Message));
    }

    private static void Change(string signature, string place)
    {
        var root = JsonNode.Parse(File.ReadAllText(signature))!;
        string[] steps = place.Split('/');
        JsonNode parent = root;
        foreach (string step in steps[..^1])
        {
            parent = (int.TryParse(step, out int index) ? parent[index] : parent[step])!;
        }

        var value = int.TryParse(steps[^1], out int last) ? parent[last]! : parent[steps[^1]]!;
        string text = value.GetValue<string>();
        // A digit stays a digit, a letter a letter; behind the start, where base64 of DER has its frame.
        int at = text.Length > 40 ? 30 : text.Length / 2;
        while (!char.IsAsciiLetterOrDigit(text[at]))
        {
            at++;
        }

        char changed = char.IsAsciiDigit(text[at]) ? (text[at] == '1' ? '2' : '1') : text[at] == 'A' ? 'B' : 'A';
        value.ReplaceWith(text[..at] + changed + text[(at + 1)..]);
        File.WriteAllText(signature, root.ToJsonString());
    }
}
