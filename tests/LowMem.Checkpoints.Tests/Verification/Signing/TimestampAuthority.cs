using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>An authority for timestamps (RFC 3161) that dates what a test asks for.</summary>
internal sealed class TimestampAuthority : IDisposable
{
    public const string TimeStamping = "1.3.6.1.5.5.7.3.8";
    public const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    public static readonly DateTimeOffset Start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset End = new(2040, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly X509Certificate2 root;
    private readonly X509Certificate2 signer;

    private TimestampAuthority(X509Certificate2 root, X509Certificate2 signer)
    {
        this.root = root;
        this.signer = signer;
    }

    public static TimestampAuthority Create(
        string[]? usages = null, bool isCritical = true, DateTimeOffset? end = null, TimestampAuthority? root = null) =>
        CreateBelow(root?.root ?? MakeRoot(), usages ?? [TimeStamping], isCritical, end ?? End);

    /// <summary>An entry of <c>timestampAuthorities</c>.</summary>
    public JsonObject Describe(string start = "2021-01-01T00:00:00Z", string? end = null)
    {
        var time = new JsonObject { ["start"] = start };
        if (end is not null)
        {
            time["end"] = end;
        }

        return new JsonObject
        {
            ["certChain"] = new JsonObject
            {
                ["certificates"] = new JsonArray(
                    new JsonObject { ["rawBytes"] = Convert.ToBase64String(signer.RawData) },
                    new JsonObject { ["rawBytes"] = Convert.ToBase64String(root.RawData) }),
            },
            ["validFor"] = time,
        };
    }

    /// <summary>A response that says when the data was there.</summary>
    public byte[] Stamp(byte[] data, DateTimeOffset time, HashAlgorithmName? imprint = null, int status = 0, bool embeds = true)
    {
        var cms = new SignedCms(new ContentInfo(new Oid("1.2.840.113549.1.9.16.1.4"), WriteContent(data, time, imprint ?? HashAlgorithmName.SHA256)));
        var cmsSigner = new CmsSigner(SubjectIdentifierType.IssuerAndSerialNumber, signer)
        {
            DigestAlgorithm = new Oid("2.16.840.1.101.3.4.2.1"),
            IncludeOption = embeds ? X509IncludeOption.EndCertOnly : X509IncludeOption.None,
        };
        cmsSigner.SignedAttributes.Add(new AsnEncodedData("1.2.840.113549.1.9.16.2.47", WriteCertificateHash()));
        cms.ComputeSignature(cmsSigner);
        return WriteResponse(status, cms.Encode());
    }

    public void Dispose()
    {
        root.Dispose();
        signer.Dispose();
    }

    public static byte[] WriteResponse(int status, byte[] token)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(status);
            }

            writer.WriteEncodedValue(token);
        }

        return writer.Encode();
    }

    private static X509Certificate2 MakeRoot()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=time root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(Start, End);
    }

    private static TimestampAuthority CreateBelow(X509Certificate2 root, string[] usages, bool isCritical, DateTimeOffset end)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=time", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        if (usages.Length > 0)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. usages.Select(usage => new Oid(usage))], isCritical));
        }

        using var certificate = request.Create(root, Start, end, RandomNumberGenerator.GetBytes(8));
        return new TimestampAuthority(X509CertificateLoader.LoadPkcs12(root.Export(X509ContentType.Pfx), null), certificate.CopyWithPrivateKey(key));
    }

    private static byte[] WriteContent(byte[] data, DateTimeOffset time, HashAlgorithmName imprint)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteObjectIdentifier("1.3.6.1.4.1.57264.2");
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(CryptoConfig.MapNameToOID(imprint.Name!)!);
                }

                writer.WriteOctetString(CryptographicOperations.HashData(imprint, data));
            }

            writer.WriteInteger(7);
            writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);
        }

        return writer.Encode();
    }

    /// <summary>SigningCertificateV2: which certificate signed, by SHA-256.</summary>
    private byte[] WriteCertificateHash()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            writer.WriteOctetString(SHA256.HashData(signer.RawData));
        }

        return writer.Encode();
    }
}
