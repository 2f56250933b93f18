using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>Who a certificate of Fulcio says has signed, and who vouched for that.</summary>
/// <param name="Names">E-mail addresses and URIs.</param>
/// <param name="Issuer">The URL of whoever knew them; null when it does not say.</param>
internal sealed record CertifiedIdentity(IReadOnlyList<string> Names, string? Issuer)
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string IssuerExtension = "1.3.6.1.4.1.57264.1.8";

    /// <summary>Older: text without an encoding around it.</summary>
    private const string PlainIssuerExtension = "1.3.6.1.4.1.57264.1.1";

    private static readonly Asn1Tag Mail = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag Url = new(TagClass.ContextSpecific, 6);

    public static CertifiedIdentity Of(X509Certificate2 certificate)
    {
        try
        {
            return new CertifiedIdentity(ReadNames(certificate), ReadIssuer(certificate));
        }
        catch (AsnContentException exception)
        {
            throw SignatureFault.Invalid("the certificate does not say in sound form who signed", exception);
        }
    }

    private static List<string> ReadNames(X509Certificate2 certificate)
    {
        var names = new List<string>();
        if (certificate.Extensions[SubjectAlternativeName] is not { } extension)
        {
            return names;
        }

        var reader = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
        while (reader.HasData)
        {
            var tag = reader.PeekTag();
            if (tag == Mail || tag == Url)
            {
                names.Add(reader.ReadCharacterString(UniversalTagNumber.IA5String, tag));
            }
            else
            {
                reader.ReadEncodedValue();
            }
        }

        return names;
    }

    private static string? ReadIssuer(X509Certificate2 certificate)
    {
        if (certificate.Extensions[IssuerExtension] is { } encoded)
        {
            return new AsnReader(encoded.RawData, AsnEncodingRules.DER).ReadCharacterString(UniversalTagNumber.UTF8String);
        }

        return certificate.Extensions[PlainIssuerExtension] is { } plain ? Encoding.UTF8.GetString(plain.RawData) : null;
    }
}
