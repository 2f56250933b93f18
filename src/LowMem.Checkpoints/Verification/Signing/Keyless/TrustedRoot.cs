using System.Security.Cryptography;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>Whom a Sigstore instance is made of: authorities that certify identities or the time, and logs, each with its key.</summary>
internal sealed class TrustedRoot : IDisposable
{
    private const string MediaTypePrefix = "application/vnd.dev.sigstore.trustedroot";
    private const int MaxItems = 256;

    private TrustedRoot(JsonElement root)
    {
        Logs = [.. root.GetItems("tlogs", MaxItems).Select(TrustedLog.Parse)];
        CertificateLogs = [.. root.GetItems("ctlogs", MaxItems).Select(TrustedLog.Parse)];
        Authorities = [.. root.GetItems("certificateAuthorities", MaxItems).Select(TrustedAuthority.Parse)];
        TimestampAuthorities = root.Find("timestampAuthorities") is null
            ? []
            : [.. root.GetItems("timestampAuthorities", MaxItems).Select(TrustedAuthority.Parse)];
    }

    /// <summary>Logs of signatures (Rekor).</summary>
    public IReadOnlyList<TrustedLog> Logs { get; }

    /// <summary>Logs of certificates (certificate transparency).</summary>
    public IReadOnlyList<TrustedLog> CertificateLogs { get; }

    /// <summary>Authorities that certify identities (Fulcio).</summary>
    public IReadOnlyList<TrustedAuthority> Authorities { get; }

    /// <summary>Authorities for timestamps (RFC 3161), the certificate of each first in its chain.</summary>
    public IReadOnlyList<TrustedAuthority> TimestampAuthorities { get; }

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
        foreach (var certificate in Authorities.Concat(TimestampAuthorities).SelectMany(authority => authority.Certificates))
        {
            certificate.Dispose();
        }
    }
}
