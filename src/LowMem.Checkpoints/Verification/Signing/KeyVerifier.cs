using System.Security.Cryptography;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Verifies signatures by a public key.</summary>
internal sealed class KeyVerifier(string path) : IBundleVerifier
{
    private readonly ECDsa key = PemFiles.ReadPublicKey(path);

    public (SignedStatement Statement, string Signer) Verify(SignatureBundle bundle)
    {
        if (bundle.Method != SignatureMethod.Key)
        {
            throw SignatureFault.Untrusted(bundle.Method == SignatureMethod.Certificate
                ? "it was signed by a certificate, and not by a key alone: verify it with certificates"
                : "it was signed without a key of its own: verify it with a trusted root");
        }

        string hint = EcdsaKeys.GetHint(key);
        if (bundle.KeyHint is { } named && !named.Equals(hint, StringComparison.OrdinalIgnoreCase))
        {
            throw SignatureFault.Untrusted(
                $"it was signed by another key, of SHA-256 {DisplayText.Name(named)}; the one given has {hint}");
        }

        return (EnvelopeVerifier.Verify(bundle, key), $"the key of SHA-256 {hint}");
    }

    public void Dispose() => key.Dispose();
}
