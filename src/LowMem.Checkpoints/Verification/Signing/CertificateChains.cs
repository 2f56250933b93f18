using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Whether a certificate leads to one that is believed. Asks nobody: no download, no list of revocations.</summary>
internal static class CertificateChains
{
    /// <summary>The use of a certificate that signs code, and models with it.</summary>
    public const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    /// <summary>The use of a certificate that signs timestamps.</summary>
    public const string TimeStamping = "1.3.6.1.5.5.7.3.8";

    /// <exception cref="SignatureFault">One of them is no certificate.</exception>
    public static LoadedChain Load(IReadOnlyList<byte[]> certificates)
    {
        var loaded = new LoadedChain([]);
        try
        {
            foreach (byte[] der in certificates)
            {
                loaded.All.Add(X509CertificateLoader.LoadCertificate(der));
            }

            return loaded;
        }
        catch (CryptographicException exception)
        {
            loaded.Dispose();
            throw SignatureFault.Invalid("a certificate in it is none", exception);
        }
    }

    /// <param name="chain">The certificates of the signature.</param>
    /// <param name="given">The certificates of the verifier; those that signed themselves are believed.</param>
    /// <param name="time">When they have to be valid.</param>
    /// <param name="usage">What each certificate has to be for that names uses (an object identifier).</param>
    /// <returns>The public key of the issuer (SubjectPublicKeyInfo, DER).</returns>
    /// <exception cref="SignatureFault">It leads to none that is believed, or one was not valid at that time.</exception>
    public static byte[] Check(LoadedChain chain, X509Certificate2Collection given, DateTimeOffset time, string usage = CodeSigning)
    {
        var signer = chain.Signer;
        if (time < signer.NotBefore.ToUniversalTime() || time > signer.NotAfter.ToUniversalTime())
        {
            throw SignatureFault.Untrusted(string.Create(
                CultureInfo.InvariantCulture,
                $"the certificate of the signer is valid from {signer.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z to {signer.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z, and not at {time:yyyy-MM-dd HH:mm:ss}Z"));
        }

        using var builder = new X509Chain();
        var policy = builder.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = time.UtcDateTime;
        policy.ApplicationPolicy.Add(new Oid(usage));
        foreach (var certificate in given)
        {
            (IsSelfSigned(certificate) ? policy.CustomTrustStore : policy.ExtraStore).Add(certificate);
        }

        policy.ExtraStore.AddRange(chain.All);
        bool trusted;
        try
        {
            trusted = builder.Build(signer);
        }
        catch (CryptographicException exception)
        {
            throw SignatureFault.Untrusted("the certificates of the signature form no chain", exception);
        }

        var problems = builder.ChainStatus.Select(status => status.Status.ToString()).Distinct(StringComparer.Ordinal);
        byte[] issuer = builder.ChainElements is { Count: > 0 } elements
            ? elements[Math.Min(1, elements.Count - 1)].Certificate.PublicKey.ExportSubjectPublicKeyInfo()
            : [];
        foreach (var element in builder.ChainElements)
        {
            element.Certificate.Dispose();
        }

        if (!trusted)
        {
            throw SignatureFault.Untrusted(
                $"the certificate of the signer leads to none that was given ({string.Join(", ", problems)})");
        }

        return issuer;
    }

    /// <summary>
    /// Whether the certificate says that its key signs code; or that it signs, without naming what. That of a web server
    /// signs as well, and is for nothing else.
    /// </summary>
    public static bool MaySign(X509Certificate2 certificate) => SignsCode(certificate)
        || (!certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any()
            && certificate.Extensions.OfType<X509KeyUsageExtension>().Any(usage => usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature)));

    /// <summary>Whether the certificate is for signing code.</summary>
    public static bool SignsCode(X509Certificate2 certificate) => certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
        .Any(usage => usage.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value == CodeSigning));

    /// <summary>Whether the certificate names itself as its issuer, as a root does.</summary>
    public static bool IsSelfSigned(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
