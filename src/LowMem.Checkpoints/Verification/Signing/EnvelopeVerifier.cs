using System.Security.Cryptography;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Verifies the signature of an envelope, and only then reads what was signed.</summary>
internal static class EnvelopeVerifier
{
    /// <param name="bundle">The signature.</param>
    /// <param name="key">The key of whoever is believed.</param>
    /// <exception cref="SignatureFault">The key did not sign this, or it is no statement about a model.</exception>
    public static SignedStatement Verify(SignatureBundle bundle, ECDsa key)
    {
        var envelope = bundle.Envelope;
        var hash = EcdsaKeys.FindHash(key)!.Value;
        if (EcdsaKeys.Verify(key, envelope.GetSignedBytes(), envelope.Signature, hash))
        {
            return SignedStatement.Parse(envelope.Payload);
        }

        // Version 0.2 signed another text, and with certificates by SHA-256 whatever the key. What it signed is of the
        // layout of its time.
        byte[] signed = envelope.GetSignedBytesOfVersion02();
        if (bundle.Method != SignatureMethod.Keyless
            && (EcdsaKeys.Verify(key, signed, envelope.Signature, HashAlgorithmName.SHA256)
                || EcdsaKeys.Verify(key, signed, envelope.Signature, hash))
            && SignedStatement.Parse(envelope.Payload) is { IsVersion02: true } statement)
        {
            return statement;
        }

        throw SignatureFault.Invalid("the signature does not match what it is said to sign: it was changed, or another key made it");
    }
}
