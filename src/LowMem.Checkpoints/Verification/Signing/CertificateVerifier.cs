using System.Security.Cryptography.X509Certificates;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Verifies signatures by certificates whose chain leads to one that the verifier has.</summary>
/// <param name="paths">Files of certificates in PEM; those that signed themselves are the roots.</param>
/// <param name="time">Tells when the certificates have to be valid: now, since nothing in such a signature proves another time.</param>
internal sealed class CertificateVerifier(IReadOnlyList<string> paths, TimeProvider time) : IBundleVerifier
{
    private readonly X509Certificate2Collection given = [.. paths.SelectMany(PemFiles.ReadCertificates)];

    public (SignedStatement Statement, string Signer) Verify(SignatureBundle bundle)
    {
        if (bundle.Method != SignatureMethod.Certificate)
        {
            throw SignatureFault.Untrusted(bundle.Method == SignatureMethod.Key
                ? "it was signed by a key, and not by a certificate: verify it with the public key"
                : "it was signed without a key of its own: verify it with a trusted root");
        }

        using var chain = CertificateChains.Load(bundle.Certificates);
        var signer = chain.Signer;
        CertificateChains.Check(chain, given, time.GetUtcNow());
        if (!CertificateChains.MaySign(signer))
        {
            throw SignatureFault.Untrusted("the certificate of the signer is for other uses than signing");
        }

        using var key = EcdsaKeys.Of(signer)
            ?? throw SignatureFault.Unsupported("the key of the certificate is not on the curve P-256, P-384 or P-521");
        return (EnvelopeVerifier.Verify(bundle, key), $"the certificate of '{DisplayText.Name(signer.Subject)}'");
    }

    public void Dispose()
    {
        foreach (var certificate in given)
        {
            certificate.Dispose();
        }
    }
}
