using System.Security.Cryptography;
using System.Text.Json;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>Whom a Sigstore instance is made of: authorities that certify identities, and logs, each with its key.</summary>
internal sealed class TrustedRoot : IDisposable
{
    private const string MediaTypePrefix = "application/vnd.dev.sigstore.trustedroot";
    private const int MaxItems = 256;

    private TrustedRoot(JsonElement root)
    {
        Logs = [.. root.GetItems("tlogs", MaxItems).Select(TrustedLog.Parse)];
        CertificateLogs = [.. root.GetItems("ctlogs", MaxItems).Select(TrustedLog.Parse)];
        Authorities = [.. root.GetItems("certificateAuthorities", MaxItems).Select(TrustedAuthority.Parse)];
    }

    /// <summary>Logs of signatures (Rekor).</summary>
    public IReadOnlyList<TrustedLog> Logs { get; }

    /// <summary>Logs of certificates (certificate transparency).</summary>
    public IReadOnlyList<TrustedLog> CertificateLogs { get; }

    /// <summary>Authorities that certify identities (Fulcio).</summary>
    public IReadOnlyList<TrustedAuthority> Authorities { get; }

    /// <exception cref="CheckpointException">The file is not there or is no trusted root.</exception>
    public static TrustedRoot Read(string path)
    {
        try
        {
            using var document = SignatureJson.Parse(PemFiles.ReadBytes(path, "the trusted root"), "the trusted root");
            // The configuration of a client holds one.
            var root = document.RootElement.Find("trustedRoot") ?? document.RootElement;
            return root.FindText("mediaType")?.StartsWith(MediaTypePrefix, StringComparison.Ordinal) == true
                ? new TrustedRoot(root)
                : throw SignatureFault.Invalid($"its media type is not {MediaTypePrefix}");
        }
        catch (Exception exception) when (exception is SignatureFault or CryptographicException)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                Path.GetFullPath(path),
                $"this is no trusted root of Sigstore: {exception.Message}.",
                exception);
        }
    }

    public void Dispose()
    {
        foreach (var certificate in Authorities.SelectMany(authority => authority.Certificates))
        {
            certificate.Dispose();
        }
    }
}
