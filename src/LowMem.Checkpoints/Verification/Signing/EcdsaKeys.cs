using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Keys on the three curves that model signatures use, each with its hash.</summary>
internal static class EcdsaKeys
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private const string P384 = "1.3.132.0.34";
    private const string P521 = "1.3.132.0.35";

    /// <summary>The hash that goes with the curve of a key; null when the curve is another one.</summary>
    public static HashAlgorithmName? FindHash(ECDsa key)
    {
        string? curve;
        try
        {
            curve = key.ExportParameters(includePrivateParameters: false).Curve.Oid?.Value;
        }
        catch (CryptographicException)
        {
            return null;
        }

        return curve switch
        {
            P256 => HashAlgorithmName.SHA256,
            P384 => HashAlgorithmName.SHA384,
            P521 => HashAlgorithmName.SHA512,
            _ => null,
        };
    }

    /// <summary>A key from PEM; null when the text holds none on one of the curves.</summary>
    public static ECDsa? FromPem(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            if (FindHash(key) is not null)
            {
                return key;
            }
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
        }

        key.Dispose();
        return null;
    }

    /// <summary>A public key from its SubjectPublicKeyInfo (DER); null when it is none on one of the curves.</summary>
    public static ECDsa? FromSubjectPublicKeyInfo(byte[] der)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(der, out int read);
            if (read == der.Length && FindHash(key) is not null)
            {
                return key;
            }
        }
        catch (CryptographicException)
        {
        }

        key.Dispose();
        return null;
    }

    /// <summary>The public key of a certificate; null when it is none on one of the curves.</summary>
    public static ECDsa? Of(X509Certificate2 certificate)
    {
        try
        {
            return certificate.GetECDsaPublicKey() is { } key && FindHash(key) is not null ? key : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The SHA-256 of the public key as a PEM file, with the line feed at its end.</summary>
    public static string GetHint(ECDsa key) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.ASCII.GetBytes(PemEncoding.WriteString("PUBLIC KEY", key.ExportSubjectPublicKeyInfo()) + "\n")));

    /// <summary>Whether a key made the signature (ASN.1) of the data.</summary>
    public static bool Verify(ECDsa key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        try
        {
            return key.VerifyData(data, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
