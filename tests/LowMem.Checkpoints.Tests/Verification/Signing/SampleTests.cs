using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>What the reference tool signed, by key and by certificate, in five versions.</summary>
public class SampleTests
{
    public static TheoryData<string> Samples =>
    [
        "v0.2.0-certificate", "v0.3.1-certificate", "v0.3.1-elliptic-key", "v1.0.0-certificate", "v1.0.0-elliptic-key",
        "v1.0.1-certificate", "v1.0.1-elliptic-key", "v1.1.0-certificate", "v1.1.0-elliptic-key",
    ];

    [Theory]
    [MemberData(nameof(Samples))]
    public void WhatTheReferenceToolSignedIsVerified(string sample)
    {
        using var copy = new SampleCopy(sample);
        var finding = Assert.Single(copy.Check());
        Assert.Equal((FindingSeverity.Information, FindingCodes.SignatureVerified), (finding.Severity, finding.Code));
        int files = copy.IsOneFile ? 1 : 2;
        Assert.Contains($"{files} {(files == 1 ? "file is" : "files are")} as signed", finding.Message);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void ASignatureThatAnEditorSavedInAnotherEncodingIsTheSameText(string encoding)
    {
        using var copy = new SampleCopy("v1.1.0-elliptic-key");
        File.WriteAllText(copy.Signature, File.ReadAllText(copy.Signature), System.Text.Encoding.GetEncoding(encoding));
        Assert.NotEqual((byte)'{', File.ReadAllBytes(copy.Signature)[0]);

        Assert.Equal(FindingCodes.SignatureVerified, Assert.Single(copy.Check()).Code);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void OneByteThatWasChangedNamesItsFile(string sample)
    {
        using var copy = new SampleCopy(sample);
        byte[] content = File.ReadAllBytes(Path.Combine(copy.Directory, "signme-1"));
        content[3] ^= 1;
        File.WriteAllBytes(Path.Combine(copy.Directory, "signme-1"), content);

        var finding = Assert.Single(copy.Check());
        Assert.Equal((FindingSeverity.Error, FindingCodes.SignatureFileChanged), (finding.Severity, finding.Code));
        Assert.StartsWith("the file 'signme-1' is not what was signed", finding.Message);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void ASignatureWithOneBitChangedAnywhereInWhatIsSignedDoesNotCount(string sample)
    {
        using var copy = new SampleCopy(sample);
        string text = File.ReadAllText(copy.Signature);
        int payload = text.IndexOf("\"payload\"", StringComparison.Ordinal);
        int place = text.IndexOf('"', text.IndexOf(':', payload)) + 200;
        char other = text[place] == 'A' ? 'B' : 'A';
        File.WriteAllText(copy.Signature, text[..place] + other + text[(place + 1)..]);

        var finding = Assert.Single(copy.Check());
        Assert.Equal((FindingSeverity.Error, FindingCodes.SignatureInvalid), (finding.Severity, finding.Code));
    }

    [Fact]
    public void AFileThatWasAddedOrTakenAwayIsNamed()
    {
        using var copy = new SampleCopy("v1.1.0-elliptic-key");
        File.Delete(Path.Combine(copy.Directory, "signme-2"));
        File.WriteAllText(Path.Combine(copy.Directory, "added.py"), "x");

        Assert.Collection(
            copy.Check(),
            first => Assert.Equal(
                (FindingCodes.SignatureFileUnsigned, "the file 'added.py' was not signed"), (first.Code, first.Message)),
            second => Assert.Equal(
                (FindingCodes.SignatureFileMissing, "the file 'signme-2' was signed and is not there"), (second.Code, second.Message)));
    }

    [Fact]
    public void WhatTheSignatureLeavesOutMayBeAnything()
    {
        using var copy = new SampleCopy("v1.1.0-elliptic-key");
        File.WriteAllText(Path.Combine(copy.Directory, "ignore-me"), "changed");
        Directory.CreateDirectory(Path.Combine(copy.Directory, ".git", "objects"));
        File.WriteAllText(Path.Combine(copy.Directory, ".git", "objects", "x"), "x");
        Assert.Equal(FindingCodes.SignatureVerified, Assert.Single(copy.Check()).Code);
    }

    [Fact]
    public void WhatIsLeftOutIsLeftOutByItsWholePath()
    {
        using var copy = new SampleCopy("v1.1.0-elliptic-key");
        Directory.CreateDirectory(Path.Combine(copy.Directory, "deep", ".git"));
        File.WriteAllText(Path.Combine(copy.Directory, "deep", ".git", "x"), "x");
        File.WriteAllText(Path.Combine(copy.Directory, "deep", "ignore-me"), "x");
        Assert.Equal(
            ["the file 'deep/.git/x' was not signed", "the file 'deep/ignore-me' was not signed"],
            copy.Check().Select(finding => finding.Message));
    }

    [Fact]
    public void ALinkInThePlaceOfAFileWasNotSigned()
    {
        using var copy = new SampleCopy("v1.1.0-elliptic-key");
        string path = Path.Combine(copy.Directory, "signme-2");
        string elsewhere = Path.Combine(copy.Directory, "ignore-me");
        File.Copy(path, elsewhere, overwrite: true);
        File.Delete(path);
        File.CreateSymbolicLink(path, elsewhere);
        var finding = Assert.Single(copy.Check());
        Assert.Equal((FindingCodes.SignatureFileUnsigned, "'signme-2' is a link, and was signed without links"), (finding.Code, finding.Message));
    }

    [Theory]
    [InlineData("v1.1.0-elliptic-key", "it was signed by a key, and not by a certificate")]
    [InlineData("v1.1.0-sigstore", "it was signed without a key of its own")]
    public void ASignatureOfAnotherKindIsNotTrusted(string sample, string message)
    {
        using var copy = new SampleCopy(sample);
        var finding = Assert.Single(SigningFixtures.Check(copy.Signature, SigningFixtures.Certificate, copy.Directory));
        Assert.Equal((FindingSeverity.Error, FindingCodes.SignatureUntrusted), (finding.Severity, finding.Code));
        Assert.Contains(message, finding.Message);
    }

    [Theory]
    [InlineData(2020)]
    [InlineData(2099)]
    public void ACertificateCountsWhileItIsValid(int year)
    {
        using var copy = new SampleCopy("v1.1.0-certificate");
        var finding = Assert.Single(SigningFixtures.Check(
            copy.Signature,
            SigningFixtures.Certificate,
            copy.Directory,
            new SigningFixtures.FixedTime(new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero))));
        Assert.Equal((FindingSeverity.Error, FindingCodes.SignatureUntrusted), (finding.Severity, finding.Code));
        Assert.Contains("the certificate of the signer is valid from 20", finding.Message);
    }

    [Fact]
    public void ARootThatDidNotIssueTheCertificateDoesNotVouchForIt()
    {
        using var copy = new SampleCopy("v1.1.0-certificate");
        // That of the middle signed the leaf, but is no root.
        var finding = Assert.Single(SigningFixtures.Check(
            copy.Signature,
            SigningFixtures.Certificate with { Certificates = [SigningFixtures.PathOf("keys/int-ca-cert.pem")] },
            copy.Directory));
        Assert.Equal((FindingSeverity.Error, FindingCodes.SignatureUntrusted), (finding.Severity, finding.Code));
        Assert.Contains("leads to none that was given", finding.Message);
    }
}
