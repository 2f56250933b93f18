using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>
/// Verifies timestamps (RFC 3161) of a signature, by the authorities for timestamps of a trusted root. Anybody can take one out
/// of a bundle, so a timestamp makes nothing true that would not be true without it; it says when the signature was there.
/// </summary>
internal static class TimestampVerifier
{
    private static readonly string[] StrongHashes =
        ["2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"];

    /// <summary>The times of all timestamps; none when there are none.</summary>
    /// <param name="bundle">The signature.</param>
    /// <param name="authorities">The authorities that are believed, the certificate of each first.</param>
    /// <exception cref="SignatureFault">One of them does not hold, or nobody vouches for it.</exception>
    public static IReadOnlyList<DateTimeOffset> Verify(SignatureBundle bundle, IReadOnlyList<TrustedAuthority> authorities) =>
        [.. bundle.Timestamps.Select(timestamp => Verify(Decode(timestamp), bundle.Envelope.Signature, authorities))];

    private static DateTimeOffset Verify(Rfc3161TimestampToken token, byte[] signature, IReadOnlyList<TrustedAuthority> authorities)
    {
        if (!StrongHashes.Contains(token.TokenInfo.HashAlgorithmId.Value)
            || token.AsSignedCms().SignerInfos is not [var signerInfo]
            || !StrongHashes.Contains(signerInfo.DigestAlgorithm.Value))
        {
            throw SignatureFault.Unsupported("a timestamp in it is not by SHA-256, SHA-384 or SHA-512");
        }

        var time = token.TokenInfo.Timestamp;
        SignatureFault? first = null;
        foreach (var authority in authorities.Where(authority => authority.Certificates.Count > 0 && authority.Time.Contains(time)))
        {
            try
            {
                if (IsBy(authority, token, signature, time))
                {
                    return time;
                }
            }
            catch (SignatureFault fault)
            {
                first ??= fault;
            }
        }

        throw first ?? SignatureFault.Untrusted(
            "a timestamp in it is of something else, or not of an authority for timestamps that the trusted root names for its time");
    }

    /// <summary>Whether the authority itself made it, at a time at which its certificate led to its root.</summary>
    private static bool IsBy(TrustedAuthority authority, Rfc3161TimestampToken token, byte[] signature, DateTimeOffset time)
    {
        // That the certificate is for timestamps, and is the one that was signed with the time, is looked at there.
        if (!token.VerifySignatureForData(signature, out var signer, authority.Certificates)
            || !signer.RawDataMemory.Span.SequenceEqual(authority.Certificates[0].RawDataMemory.Span)
            || signer.Extensions.OfType<X509EnhancedKeyUsageExtension>().Sum(usage => usage.EnhancedKeyUsages.Count) != 1)
        {
            return false;
        }

        using var chain = CertificateChains.Load([signer.RawData]);
        try
        {
            CertificateChains.Check(chain, authority.Certificates, time, CertificateChains.TimeStamping);
            return true;
        }
        catch (SignatureFault fault)
        {
            throw SignatureFault.Untrusted($"a timestamp in it does not hold: {fault.Message}", fault);
        }
    }

    /// <summary>A response holds a status, and the token when that is granted.</summary>
    private static Rfc3161TimestampToken Decode(byte[] response)
    {
        const int grantedWithChanges = 1;
        try
        {
            var reader = new AsnReader(response, AsnEncodingRules.BER);
            var fields = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            if (fields.ReadSequence().TryReadInt32(out int status) && status is >= 0 and <= grantedWithChanges && fields.HasData)
            {
                var encoded = fields.ReadEncodedValue();
                fields.ThrowIfNotEmpty();
                if (Rfc3161TimestampToken.TryDecode(encoded, out var token, out int read) && read == encoded.Length)
                {
                    return token;
                }
            }
        }
        catch (Exception exception) when (exception is AsnContentException or CryptographicException)
        {
            throw SignatureFault.Invalid("a timestamp in it is not sound", exception);
        }

        throw SignatureFault.Invalid("a timestamp in it is not sound");
    }
}
