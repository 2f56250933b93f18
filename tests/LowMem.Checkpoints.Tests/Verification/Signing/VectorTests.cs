using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification.Signing;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>The test vectors of the specification, and the statements of the reference implementation's own tests.</summary>
public class VectorTests
{
    [Theory]
    [InlineData("key")]
    [InlineData("certificate")]
    public void ASoundBundleIsVerifiedAndItsFilesAreMissed(string vector)
    {
        using var directory = new CheckpointDirectory();
        var findings = SigningFixtures.Check(
            SigningFixtures.PathOf($"vectors/valid/{vector}.bundle.json"),
            vector == "key" ? SigningFixtures.Key : SigningFixtures.Certificate,
            directory.Path);
        Assert.Equal(
            ["the file 'signme-1' was signed and is not there", "the file 'signme-2' was signed and is not there"],
            findings.Select(finding => finding.Message));
    }

    [Theory]
    [InlineData("invalid/empty", "the signature is no sound JSON")]
    [InlineData("invalid/missing-envelope", "'dsseEnvelope' is missing or is no object")]
    [InlineData("invalid/missing-verification-material", "'verificationMaterial' is missing or is no object")]
    [InlineData("invalid/missing-tlog-entries", "names no entry of a transparency log")]
    [InlineData("invalid-payload/wrong-predicate", "the signature does not match what it is said to sign")]
    public void ABundleThatIsNotSoundDoesNotCount(string vector, string message)
    {
        using var directory = new CheckpointDirectory();
        var finding = Assert.Single(SigningFixtures.Check(
            SigningFixtures.PathOf($"vectors/{vector}.bundle.json"), SigningFixtures.Key, directory.Path));
        Assert.Equal((FindingSeverity.Error, FindingCodes.SignatureInvalid), (finding.Severity, finding.Code));
        Assert.Contains(message, finding.Message);
    }

    [Fact]
    public void AStatementAboutSomethingElseIsRefusedThoughWellSigned()
    {
        var bundle = SignatureBundle.Parse(File.ReadAllBytes(SigningFixtures.PathOf("vectors/invalid-payload/wrong-predicate.bundle.json")));
        var fault = Assert.Throws<SignatureFault>(() => SignedStatement.Parse(bundle.Envelope.Payload));
        Assert.Equal(FindingCodes.SignatureInvalid, fault.Code);
        Assert.Contains($"and not {SignedStatement.PredicateType}", fault.Message);
    }

    public static TheoryData<string> Payloads =>
        [.. Directory.GetFiles(SigningFixtures.PathOf("payloads")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Payloads))]
    public void APayloadOfTheReferenceTestsIsReadAndMatchesItsFiles(string payload)
    {
        var statement = SignedStatement.Parse(File.ReadAllBytes(SigningFixtures.PathOf($"payloads/{payload}")));
        using var directory = new CheckpointDirectory();
        string model = PayloadModels.Write(payload, directory);

        var files = new SignedFiles(model, Path.Combine(directory.Path, "model.sig"), statement, []);
        Assert.Empty(files.Compare([], [], progress: null, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("deep_model_folder", "d0/d1/d2/d3/d4/f2", null)]
    [InlineData("deep_model_folder_small_shards", "d0/d1/d2/d3/d4/f2", 8)]
    public void AChangedByteNamesItsFileAndRange(string payload, string name, int? offset)
    {
        var statement = SignedStatement.Parse(File.ReadAllBytes(SigningFixtures.PathOf($"payloads/{payload}")));
        using var directory = new CheckpointDirectory();
        string model = PayloadModels.Write(payload, directory);
        string path = Path.Combine(model, name);
        byte[] content = File.ReadAllBytes(path);
        content[9] ^= 1;
        File.WriteAllBytes(path, content);

        var files = new SignedFiles(model, Path.Combine(directory.Path, "model.sig"), statement, []);
        var finding = Assert.Single(files.Compare([], [], progress: null, TestContext.Current.CancellationToken));
        Assert.Equal((FindingCodes.SignatureFileChanged, (long?)offset), (finding.Code, finding.Offset));
        Assert.StartsWith($"the file '{name}' is not what was signed", finding.Message);
    }

    [Fact]
    public void RangesThatLeaveTheEndOfAFileOutDoNotCoverIt()
    {
        var statement = SignedStatement.Parse(File.ReadAllBytes(SigningFixtures.PathOf("payloads/deep_model_folder_small_shards")));
        using var directory = new CheckpointDirectory();
        string model = PayloadModels.Write("deep_model_folder_small_shards", directory);
        File.AppendAllText(Path.Combine(model, "d0/d1/d2/d3/d4/f2"), "more");

        var files = new SignedFiles(model, Path.Combine(directory.Path, "model.sig"), statement, []);
        var finding = Assert.Single(files.Compare([], [], progress: null, TestContext.Current.CancellationToken));
        Assert.Equal(
            (FindingCodes.SignatureFileChanged, "the file 'd0/d1/d2/d3/d4/f2' is 20 bytes, and was signed with another length"),
            (finding.Code, finding.Message));
    }
}
