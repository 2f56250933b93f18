using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>
/// Verifies signatures of Sigstore offline: the certificate by the authorities of a trusted root at the time at which a log
/// took the signature or a timestamp was made, the promise, proof and root of that log, the promise of a log of certificates, and who signed.
/// </summary>
/// <param name="path">The file of the trusted root.</param>
/// <param name="identity">Who has to have signed; null when that was not said.</param>
/// <param name="issuer">Who has to have vouched for it; null when that was not said.</param>
internal sealed class KeylessVerifier(string path, string? identity, string? issuer) : IBundleVerifier
{
    private readonly TrustedRoot root = TrustedRoot.Read(path);

    public (SignedStatement Statement, string Signer) Verify(SignatureBundle bundle)
    {
        if (bundle.Method != SignatureMethod.Keyless)
        {
            throw SignatureFault.Untrusted("it was signed by a key or certificate, and is in no log: verify it with these");
        }

        using var chain = CertificateChains.Load(bundle.Certificates);
        var signer = chain.Signer;
        using var key = EcdsaKeys.Of(signer)
            ?? throw SignatureFault.Unsupported("the key of the certificate is not on the curve P-256, P-384 or P-521");
        var stamped = TimestampVerifier.Verify(bundle, root.TimestampAuthorities);
        DateTimeOffset[] times = [.. stamped, .. LogVerifier.Verify(bundle, signer, root, stamped)];
        // The certificate is valid for minutes: at every time that is proved, not at one that somebody chose.
        byte[] issuerKey = times.Select(time => CheckAuthority(chain, time)).ToArray()[^1];
        if (!CertificateChains.SignsCode(signer))
        {
            throw SignatureFault.Untrusted("the certificate of the signer is for other uses than signing");
        }

        if (!CertificateTimestamps.Verify(signer, issuerKey, root.CertificateLogs))
        {
            throw SignatureFault.Untrusted("no log of certificates that the trusted root names promised to hold the certificate of the signer");
        }

        var statement = EnvelopeVerifier.Verify(bundle, key);
        return (statement, CheckIdentity(CertifiedIdentity.Of(signer)));
    }

    public void Dispose() => root.Dispose();

    private byte[] CheckAuthority(LoadedChain chain, DateTimeOffset time)
    {
        SignatureFault? first = null;
        foreach (var authority in root.Authorities.Where(authority => authority.Time.Contains(time)))
        {
            try
            {
                return CertificateChains.Check(chain, authority.Certificates, time);
            }
            catch (SignatureFault fault)
            {
                first ??= fault;
            }
        }

        throw first ?? SignatureFault.Untrusted("no authority of the trusted root certified at that time");
    }

    /// <summary>Anybody gets a certificate: it counts only for the one who was named.</summary>
    private string CheckIdentity(CertifiedIdentity found)
    {
        string names = string.Join(", ", found.Names.Select(name => $"'{DisplayText.Name(name)}'"));
        string signer = $"{names}, for whom '{DisplayText.Name(found.Issuer ?? "nobody")}' vouched";
        if (identity is null || issuer is null)
        {
            throw SignatureFault.Untrusted($"it was signed by {signer}: say that both are the right ones");
        }

        return found.Names.Contains(identity, StringComparer.Ordinal) && found.Issuer == issuer
            ? signer
            : throw SignatureFault.Untrusted($"it was signed by {signer}, and not by the one who was named");
    }
}
