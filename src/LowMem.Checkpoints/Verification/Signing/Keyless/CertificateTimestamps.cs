using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>
/// The promises of logs of certificates that a certificate carries (RFC 6962, section 3): each signs the certificate as it
/// was before the promises were put into it.
/// </summary>
internal static class CertificateTimestamps
{
    private const string Extension = "1.3.6.1.4.1.11129.2.4.2";

    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 3);

    /// <summary>Whether a log that is believed promised to hold the certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="issuerKey">The public key of its issuer (SubjectPublicKeyInfo, DER).</param>
    /// <param name="logs">The logs that are believed.</param>
    public static bool Verify(X509Certificate2 certificate, byte[] issuerKey, IReadOnlyList<TrustedLog> logs)
    {
        try
        {
            return certificate.Extensions[Extension] is { } extension
                && Split(AsnDecoder.ReadOctetString(extension.RawData, AsnEncodingRules.DER, out _))
                    .Any(promise => Verify(promise, RemovePromises(certificate.RawData), SHA256.HashData(issuerKey), logs));
        }
        catch (Exception exception) when (exception is AsnContentException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>A list with its length in front, of promises each with its length in front.</summary>
    private static List<byte[]> Split(byte[] list)
    {
        var promises = new List<byte[]>();
        var rest = list.AsSpan();
        if (rest.Length < 2 || BinaryPrimitives.ReadUInt16BigEndian(rest) != rest.Length - 2)
        {
            return promises;
        }

        rest = rest[2..];
        while (rest.Length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(rest) is var length && length <= rest.Length - 2)
        {
            promises.Add(rest.Slice(2, length).ToArray());
            rest = rest[(2 + length)..];
        }

        return promises;
    }

    private static bool Verify(byte[] promise, byte[] certificate, byte[] issuer, IReadOnlyList<TrustedLog> logs)
    {
        const int versionAndId = 1 + 32;
        const int fixedLength = versionAndId + 8 + 2;
        if (promise.Length < fixedLength || promise[0] != 0)
        {
            return false;
        }

        var span = promise.AsSpan();
        int extensions = BinaryPrimitives.ReadUInt16BigEndian(span[(versionAndId + 8)..]);
        int signature = fixedLength + extensions;
        // SHA-256 and ECDSA, by the numbers of TLS.
        if (span.Length < signature + 4
            || span[signature] != 4
            || span[signature + 1] != 3
            || BinaryPrimitives.ReadUInt16BigEndian(span[(signature + 2)..]) != span.Length - signature - 4)
        {
            return false;
        }

        ulong milliseconds = BinaryPrimitives.ReadUInt64BigEndian(span[versionAndId..]);
        if (milliseconds > 253_402_300_799_000)
        {
            return false;
        }

        var time = DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
        byte[] id = span.Slice(1, 32).ToArray();
        byte[] signed =
        [
            0, 0, .. span.Slice(versionAndId, 8), 0, 1, .. issuer,
            (byte)(certificate.Length >> 16), (byte)((certificate.Length >> 8) & 0xff), (byte)(certificate.Length & 0xff), .. certificate,
            .. span.Slice(versionAndId + 8, 2 + extensions),
        ];
        byte[] made = span[(signature + 4)..].ToArray();
        return logs.Any(log => log.Id.AsSpan().SequenceEqual(id) && log.Time.Contains(time) && log.Verify(signed, made));
    }

    /// <summary>The part of a certificate that is signed, without the extension that holds the promises.</summary>
    private static byte[] RemovePromises(byte[] certificate)
    {
        var fields = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            while (fields.HasData)
            {
                if (!fields.PeekTag().HasSameClassAndValue(ExtensionsTag))
                {
                    writer.WriteEncodedValue(fields.ReadEncodedValue().Span);
                    continue;
                }

                var extensions = fields.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 3, isConstructed: true)).ReadSequence();
                using (writer.PushSequence(ExtensionsTag))
                using (writer.PushSequence())
                {
                    while (extensions.HasData)
                    {
                        var extension = extensions.ReadEncodedValue();
                        if (new AsnReader(extension, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier() != Extension)
                        {
                            writer.WriteEncodedValue(extension.Span);
                        }
                    }
                }
            }
        }

        return writer.Encode();
    }
}
