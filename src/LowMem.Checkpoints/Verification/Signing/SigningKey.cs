using System.Security.Cryptography;
using System.Text;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>A private key on P-256, P-384 or P-521, and the certificates that vouch for it, if there are any.</summary>
public sealed class SigningKey : IDisposable
{
    private readonly ECDsa key;

    private SigningKey(ECDsa key, IReadOnlyList<byte[]> certificates)
    {
        this.key = key;
        Certificates = certificates;
    }

    /// <summary>The certificates (DER), that of the key first, without a root; empty when the key signs alone.</summary>
    internal IReadOnlyList<byte[]> Certificates { get; }

    /// <summary>What a verifier finds the key by.</summary>
    internal string Hint => EcdsaKeys.GetHint(key);

    /// <summary>Reads a key and its certificates.</summary>
    /// <param name="privateKey">A file in PEM, not encrypted.</param>
    /// <param name="certificates">Files in PEM; or empty.</param>
    /// <exception cref="CheckpointException">A file is not there or is something else, or no certificate is of this key.</exception>
    public static SigningKey Read(string privateKey, IReadOnlyList<string> certificates)
    {
        ArgumentException.ThrowIfNullOrEmpty(privateKey);
        ArgumentNullException.ThrowIfNull(certificates);
        byte[] text = PemFiles.ReadBytes(privateKey, "the private key");
        var key = ReadKey(privateKey, Encoding.UTF8.GetString(text));
        CryptographicOperations.ZeroMemory(text);
        try
        {
            return new SigningKey(key, certificates.Count == 0 ? [] : Sort(key, certificates));
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();

    /// <summary>The signature (ASN.1) of the data, by the hash that goes with the curve.</summary>
    internal byte[] Sign(byte[] data) => key.SignData(data, EcdsaKeys.FindHash(key)!.Value, DSASignatureFormat.Rfc3279DerSequence);

    private static ECDsa ReadKey(string path, string text)
    {
        if (text.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw Invalid(path, "the private key is encrypted. Decrypt it into a file that only you may read.");
        }

        return text.Contains("PRIVATE KEY-----", StringComparison.Ordinal) && EcdsaKeys.FromPem(text) is { } key
            ? key
            : throw Invalid(path, "this is no private key in PEM (-----BEGIN PRIVATE KEY-----) on the curve P-256, P-384 or P-521.");
    }

    /// <summary>That of the key first. A root is left out: whoever verifies has to have it from elsewhere.</summary>
    private static List<byte[]> Sort(ECDsa key, IReadOnlyList<string> paths)
    {
        byte[] publicKey = key.ExportSubjectPublicKeyInfo();
        var own = new List<byte[]>();
        var others = new List<byte[]>();
        foreach (var certificate in paths.SelectMany(PemFiles.ReadCertificates))
        {
            using (certificate)
            {
                bool isOwn = own.Count == 0 && certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey);
                if (isOwn && !CertificateChains.MaySign(certificate))
                {
                    throw Invalid(paths[0], "the certificate of the key is for other uses than signing.");
                }

                if (isOwn || !CertificateChains.IsSelfSigned(certificate))
                {
                    (isOwn ? own : others).Add(certificate.RawData);
                }
            }
        }

        return own.Count > 0 ? [.. own, .. others] : throw Invalid(paths[0], "none of the certificates is of the private key.");
    }

    private static CheckpointException Invalid(string path, string message) =>
        new(CheckpointErrorIds.FormatInvalid, Path.GetFullPath(path), message);
}
