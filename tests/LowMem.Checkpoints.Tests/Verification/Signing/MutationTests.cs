using System.Text;
using System.Text.Json.Nodes;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Verification.Signing;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>A signature that was changed or cut off anywhere is an error finding, and never a pass or another exception.</summary>
public class MutationTests
{
    [Theory]
    [InlineData("v1.1.0-elliptic-key")]
    [InlineData("v1.1.0-certificate")]
    [InlineData("v1.1.0-sigstore")]
    public void ASignatureThatIsCutOffNeverCounts(string sample)
    {
        using var copy = new SampleCopy(sample);
        byte[] whole = File.ReadAllBytes(copy.Signature);
        for (int length = 0; length < whole.Length; length += 97)
        {
            File.WriteAllBytes(copy.Signature, whole[..length]);
            var finding = Assert.Single(copy.Check());
            Assert.Equal((FindingSeverity.Error, FindingCodes.SignatureInvalid), (finding.Severity, finding.Code));
        }
    }

    [Theory]
    [InlineData("v1.1.0-elliptic-key")]
    [InlineData("v1.1.0-certificate")]
    [InlineData("v1.1.0-sigstore")]
    public void WhatIsSignedCannotBeChanged(string sample)
    {
        using var copy = new SampleCopy(sample);
        var root = JsonNode.Parse(File.ReadAllText(copy.Signature))!;
        byte[] payload = Convert.FromBase64String(root["dsseEnvelope"]!["payload"]!.GetValue<string>());
        for (int i = 0; i < payload.Length; i += 29)
        {
            byte[] changed = [.. payload];
            changed[i] ^= 1;
            root["dsseEnvelope"]!["payload"] = Convert.ToBase64String(changed);
            File.WriteAllText(copy.Signature, root.ToJsonString());
            Assert.Equal(FindingSeverity.Error, Assert.Single(copy.Check()).Severity);
        }
    }

    [Theory]
    [InlineData("application/vnd.dev.sigstore.bundle+json;version=99.9", FindingCodes.SignatureUnsupported)]
    [InlineData("application/vnd.dev.sigstore.bundle.v0.4+json", FindingCodes.SignatureUnsupported)]
    [InlineData("application/vnd.dev.sigstore.bundle", FindingCodes.SignatureUnsupported)]
    [InlineData("application/json", FindingCodes.SignatureInvalid)]
    public void ABundleOfAnotherVersionIsNotReadByTheRulesOfThisOne(string mediaType, string code)
    {
        using var copy = new SampleCopy("v1.1.0-elliptic-key");
        var root = JsonNode.Parse(File.ReadAllText(copy.Signature))!;
        root["mediaType"] = mediaType;
        File.WriteAllText(copy.Signature, root.ToJsonString());
        var finding = Assert.Single(copy.Check());
        Assert.Equal((FindingSeverity.Error, code), (finding.Severity, finding.Code));
    }

    [Fact]
    public void AMemberThatStandsThereTwiceIsRefused()
    {
        using var copy = new SampleCopy("v1.1.0-elliptic-key");
        string text = File.ReadAllText(copy.Signature);
        File.WriteAllText(copy.Signature, text.Replace("\"mediaType\"", "\"mediaType\": \"x\", \"mediaType\"", StringComparison.Ordinal));
        Assert.Equal(FindingCodes.SignatureInvalid, Assert.Single(copy.Check()).Code);
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a\0")]
    [InlineData("")]
    public void AStatementNamesFilesInsideTheModel(string name)
    {
        var fault = Assert.Throws<SignatureFault>(() => SignedStatement.Parse(Statement(name, "files")));
        Assert.Equal(FindingCodes.SignatureInvalid, fault.Code);
        Assert.Contains("is no path inside the model", fault.Message);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a:0")]
    [InlineData("a:8:0")]
    [InlineData(":0:8")]
    [InlineData("a:-1:8")]
    [InlineData("a:0:99999999999999999999")]
    public void ARangeHasANameAStartAndAnEnd(string name)
    {
        var fault = Assert.Throws<SignatureFault>(() => SignedStatement.Parse(Statement(name, "shards")));
        Assert.Equal(FindingCodes.SignatureInvalid, fault.Code);
    }

    private static byte[] Statement(string name, string method) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["_type"] = SignedStatement.StatementType,
        ["subject"] = new JsonArray(new JsonObject { ["name"] = "m", ["digest"] = new JsonObject { ["sha256"] = new string('0', 64) } }),
        ["predicateType"] = SignedStatement.PredicateType,
        ["predicate"] = new JsonObject
        {
            ["resources"] = new JsonArray(new JsonObject { ["name"] = name, ["algorithm"] = "sha256", ["digest"] = new string('0', 64) }),
            ["serialization"] = new JsonObject { ["method"] = method, ["hash_type"] = "sha256", ["shard_size"] = 8, ["allow_symlinks"] = false },
        },
    }.ToJsonString());
}
