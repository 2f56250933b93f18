using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification.Signing;
using LowMem.Checkpoints.Verification.Signing.Keyless;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>Timestamps (RFC 3161) in signatures of Sigstore: each proves a time, or the signature does not count.</summary>
public sealed class TimestampTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();
    private readonly SampleCopy sample = new("v1.0.1-sigstore");
    private readonly JsonNode root;
    private readonly JsonNode bundle;
    private readonly byte[] signature;
    private readonly DateTimeOffset logged;

    public TimestampTests()
    {
        root = JsonNode.Parse(File.ReadAllText(SigningFixtures.Keyless.TrustedRoot!))!;
        root["timestampAuthorities"] = new JsonArray();
        bundle = JsonNode.Parse(File.ReadAllText(sample.Signature))!;
        signature = Convert.FromBase64String((string)bundle["dsseEnvelope"]!["signatures"]![0]!["sig"]!);
        logged = DateTimeOffset.FromUnixTimeSeconds(long.Parse(
            (string)Entry["integratedTime"]!, System.Globalization.CultureInfo.InvariantCulture));
    }

    private JsonNode Entry => bundle["verificationMaterial"]!["tlogEntries"]![0]!;

    public void Dispose()
    {
        directory.Dispose();
        sample.Dispose();
    }

    [Theory]
    [InlineData("SHA256", true)]
    [InlineData("SHA384", true)]
    [InlineData("SHA512", false)]
    public void OfAnAuthorityThatTheTrustedRootNamesIsVerified(string imprint, bool embeds)
    {
        using var authority = TimestampAuthority.Create();
        Assert.Equal(
            FindingCodes.SignatureVerified,
            Check([authority], authority.Stamp(signature, logged.AddSeconds(5), new HashAlgorithmName(imprint), embeds: embeds)).Code);
    }

    [Fact]
    public void StandsInForThePromiseOfALog()
    {
        using var authority = TimestampAuthority.Create();
        Entry.AsObject().Remove("inclusionPromise");
        Assert.Equal(FindingCodes.SignatureVerified, Check([authority], authority.Stamp(signature, logged)).Code);
        AssertFault(
            Check([authority]), FindingCodes.SignatureUnsupported, "did not sign when it took the signature, and no timestamp says when it was made");
    }

    [Theory]
    [InlineData(-60)]
    [InlineData(60)]
    public void OutsideTheLifeOfTheCertificateDoesNotCount(int minutes)
    {
        using var authority = TimestampAuthority.Create();
        AssertFault(
            Check([authority], authority.Stamp(signature, logged.AddMinutes(minutes))),
            FindingCodes.SignatureUntrusted,
            "the certificate of the signer is valid from");
    }

    [Fact]
    public void OfAnAuthorityThatNobodyNamedIsNotTrusted()
    {
        using var authority = TimestampAuthority.Create();
        using var other = TimestampAuthority.Create();
        AssertFault(Check([], other.Stamp(signature, logged)), FindingCodes.SignatureUntrusted, "not of an authority for timestamps");
        AssertFault(Check([authority], other.Stamp(signature, logged)), FindingCodes.SignatureUntrusted, "not of an authority for timestamps");
    }

    [Fact]
    public void OfAnotherCertificateBelowTheSameRootIsNotThatOfTheAuthority()
    {
        using var authority = TimestampAuthority.Create();
        using var sibling = TimestampAuthority.Create(root: authority);
        AssertFault(Check([authority], sibling.Stamp(signature, logged)), FindingCodes.SignatureUntrusted, "not of an authority for timestamps");
    }

    [Fact]
    public void OfSomethingElseDoesNotCount()
    {
        using var authority = TimestampAuthority.Create();
        AssertFault(Check([authority], authority.Stamp([.. signature, 0], logged)), FindingCodes.SignatureUntrusted, "is of something else");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false, TimestampAuthority.TimeStamping)]
    [InlineData(true, TimestampAuthority.CodeSigning)]
    [InlineData(true, TimestampAuthority.TimeStamping, TimestampAuthority.CodeSigning)]
    public void ByACertificateThatIsNotForTimestampsAloneDoesNotCount(bool isCritical, params string[] usages)
    {
        using var authority = TimestampAuthority.Create(usages, isCritical);
        AssertRefusedWithOrWithoutItsCertificate(authority);
    }

    [Fact]
    public void ByACertificateThatWasNotValidThenDoesNotCount()
    {
        using var authority = TimestampAuthority.Create(end: TimestampAuthority.Start.AddDays(1));
        AssertRefusedWithOrWithoutItsCertificate(authority);
    }

    [Fact]
    public void OfAnAuthorityOutsideTheTimeOfTheTrustedRootDoesNotCount()
    {
        using var authority = TimestampAuthority.Create();
        root["timestampAuthorities"]!.AsArray().Add(authority.Describe(end: "2022-01-01T00:00:00Z"));
        AssertFault(Check([], authority.Stamp(signature, logged)), FindingCodes.SignatureUntrusted, "names for its time");
    }

    [Fact]
    public void OneThatDoesNotHoldIsNotMadeGoodByAnother()
    {
        using var authority = TimestampAuthority.Create();
        using var other = TimestampAuthority.Create();
        byte[] good = authority.Stamp(signature, logged);
        Assert.Equal(FindingCodes.SignatureVerified, Check([authority], good, good).Code);
        AssertFault(Check([authority], good, other.Stamp(signature, logged)), FindingCodes.SignatureUntrusted, "not of an authority for timestamps");
    }

    [Fact]
    public void ByAWeakHashIsNotVerified()
    {
        using var authority = TimestampAuthority.Create();
        AssertFault(
            Check([authority], authority.Stamp(signature, logged, HashAlgorithmName.SHA1)),
            FindingCodes.SignatureUnsupported,
            "is not by SHA-256, SHA-384 or SHA-512");
    }

    [Fact]
    public void ThatIsNoneDoesNotCount()
    {
        using var authority = TimestampAuthority.Create();
        byte[] good = authority.Stamp(signature, logged);
        foreach (byte[] bad in (byte[][])[[], [0x30, 0], [.. good, 0], good[..^1], authority.Stamp(signature, logged, status: 2), TimestampAuthority.WriteResponse(0, [5, 0])])
        {
            AssertFault(Check([authority], bad), FindingCodes.SignatureInvalid, "a timestamp in it is not sound");
        }
    }

    [Fact]
    public void WithAnyByteChangedItIsVerifiedOrRefused()
    {
        using var authority = TimestampAuthority.Create();
        byte[] good = authority.Stamp(signature, logged);
        var trusted = new[] { ReadAuthority(authority) };
        int refused = 0;
        for (int i = 0; i < good.Length; i++)
        {
            byte[] changed = [.. good];
            changed[i] ^= 0x11;
            try
            {
                // What is not signed, such as the words of the status, may be anything.
                Assert.Equal([logged], TimestampVerifier.Verify(Parse(changed), trusted));
            }
            catch (SignatureFault)
            {
                refused++;
            }
            catch (CryptographicException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, good.Length / 2, good.Length);
    }

    [Fact]
    public void ASignatureOfTheReferenceToolHasTheTimestampOfThePublicInstance()
    {
        using var copy = new SampleCopy("v1.1.0-sigstore");
        Assert.Equal(FindingCodes.SignatureVerified, Assert.Single(copy.Check()).Code);
        AssertFault(
            Assert.Single(SigningFixtures.Check(
                copy.Signature, SigningFixtures.Keyless with { TrustedRoot = SigningFixtures.PathOf("keys/custom_trust_config.json") }, copy.Directory)),
            FindingCodes.SignatureUntrusted,
            "not of an authority for timestamps that the trusted root names");
    }

    /// <summary>Bundles of Sigstore's conformance tests, whose logs hold another kind of entry.</summary>
    [Theory]
    [InlineData("inside", true)]
    [InlineData("outside", false)]
    public void ThoseOfOtherMakersTellTheirTime(string vector, bool isValid)
    {
        using var trusted = TrustedRoot.Read(SigningFixtures.PathOf("timestamps/root.json"));
        var signed = SignatureBundle.Parse(File.ReadAllBytes(SigningFixtures.PathOf($"timestamps/{vector}.bundle.json")));
        using var chain = CertificateChains.Load(signed.Certificates);
        var time = Assert.Single(TimestampVerifier.Verify(signed, trusted.TimestampAuthorities));
        Assert.Equal(isValid, time >= chain.Signer.NotBefore && time <= chain.Signer.NotAfter);
    }

    /// <summary>With it, the timestamp contradicts itself; without it, nobody is found who could have made it.</summary>
    private void AssertRefusedWithOrWithoutItsCertificate(TimestampAuthority authority)
    {
        var finding = Check([authority], authority.Stamp(signature, logged));
        Assert.Contains(finding.Code, (string[])[FindingCodes.SignatureInvalid, FindingCodes.SignatureUntrusted]);
        AssertFault(
            Check([authority], authority.Stamp(signature, logged, embeds: false)),
            FindingCodes.SignatureUntrusted,
            "not of an authority for timestamps");
    }

    private SignatureBundle Parse(params byte[][] timestamps)
    {
        bundle["verificationMaterial"]!["timestampVerificationData"] = new JsonObject
        {
            ["rfc3161Timestamps"] = new JsonArray(
                [.. timestamps.Select(each => new JsonObject { ["signedTimestamp"] = Convert.ToBase64String(each) })]),
        };
        return SignatureBundle.Parse(Encoding.UTF8.GetBytes(bundle.ToJsonString()));
    }

    private static TrustedAuthority ReadAuthority(TimestampAuthority authority)
    {
        using var document = System.Text.Json.JsonDocument.Parse(authority.Describe().ToJsonString());
        return TrustedAuthority.Parse(document.RootElement);
    }

    private CheckpointFinding Check(TimestampAuthority[] authorities, params byte[][] timestamps)
    {
        Parse(timestamps);
        File.WriteAllText(sample.Signature, bundle.ToJsonString());
        var trusted = root.DeepClone();
        foreach (var authority in authorities)
        {
            trusted["timestampAuthorities"]!.AsArray().Add(authority.Describe());
        }

        directory.Write("root.json", Encoding.UTF8.GetBytes(trusted.ToJsonString()));
        var trust = SigningFixtures.Keyless with { TrustedRoot = Path.Combine(directory.Path, "root.json") };
        return Assert.Single(SigningFixtures.Check(sample.Signature, trust, sample.Directory));
    }

    private static void AssertFault(CheckpointFinding finding, string code, string message)
    {
        Assert.True((FindingSeverity.Error, code) == (finding.Severity, finding.Code), finding.ToString());
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }
}
