using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Reads keys and certificates that the user names. What is wrong with them is an error, and no finding.</summary>
internal static class PemFiles
{
    private const int MaxLength = 16 << 20;

    /// <exception cref="CheckpointException">The file is not there, may not be read, or is larger than any of its kind.</exception>
    public static byte[] ReadBytes(string path, string what)
    {
        using var file = CheckpointLocation.Local.Open(Path.GetFullPath(path));
        return file.Length <= MaxLength
            ? file.ReadRange(0, file.Length, what)
            : throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, file.Name, $"{what} is {file.Length} bytes, more than the {MaxLength} that are read.");
    }

    /// <exception cref="CheckpointException">It holds no public key on one of the curves.</exception>
    public static ECDsa ReadPublicKey(string path)
    {
        string text = Encoding.UTF8.GetString(ReadBytes(path, "the public key"));
        return !text.Contains("PRIVATE KEY", StringComparison.Ordinal) && EcdsaKeys.FromPem(text) is { } key
            ? key
            : throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                Path.GetFullPath(path),
                "this is no public key in PEM (-----BEGIN PUBLIC KEY-----) on the curve P-256, P-384 or P-521.");
    }

    /// <exception cref="CheckpointException">It holds no certificate.</exception>
    public static X509Certificate2Collection ReadCertificates(string path)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Encoding.UTF8.GetString(ReadBytes(path, "the file of certificates")));
            if (certificates.Count > 0)
            {
                return certificates;
            }
        }
        catch (CryptographicException exception)
        {
            throw NoCertificate(path, exception);
        }

        throw NoCertificate(path, null);
    }

    private static CheckpointException NoCertificate(string path, Exception? cause) => new(
        CheckpointErrorIds.FormatInvalid,
        Path.GetFullPath(path),
        "this holds no certificates in PEM (-----BEGIN CERTIFICATE-----).",
        cause);
}
