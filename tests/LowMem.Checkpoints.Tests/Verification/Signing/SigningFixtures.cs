using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Verification.Signing;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>The signatures of others in tests/fixtures/signing.</summary>
internal static class SigningFixtures
{
    /// <summary>Within the validity of all certificates there.</summary>
    public static TimeProvider Time { get; } = new FixedTime(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero));

    public static SignatureTrust Key { get; } = new() { PublicKey = PathOf("keys/signing-key-pub.pem") };

    public static SignatureTrust Certificate { get; } = new() { Certificates = [PathOf("keys/ca-cert.pem")] };

    public static SignatureTrust Keyless { get; } = new()
    {
        TrustedRoot = PathOf("keys/trusted_root.json"),
        Identity = "stefanb@us.ibm.com",
        Issuer = "https://sigstore.verify.ibm.com/oauth2",
    };

    public static string PathOf(string name) => Path.Combine(FixtureFiles.Directory, "signing", name);

    public static SignatureTrust TrustOf(string sample) => sample switch
    {
        _ when sample.EndsWith("-elliptic-key", StringComparison.Ordinal) => Key,
        _ when sample.EndsWith("-certificate", StringComparison.Ordinal) => Certificate,
        _ => Keyless,
    };

    public static IReadOnlyList<CheckpointFinding> Check(string signature, SignatureTrust trust, string model, TimeProvider? time = null)
    {
        using var check = new SignatureCheck(signature, trust, time ?? Time) { IgnoredPaths = ["ignore-me"] };
        return check.Check(model, cancellationToken: TestContext.Current.CancellationToken);
    }

    internal sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
