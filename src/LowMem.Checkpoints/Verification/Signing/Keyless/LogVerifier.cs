using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>Verifies that a log holds the signature, and since when: by its promise, its proof and its signed root.</summary>
internal static class LogVerifier
{
    /// <summary>The times at which logs say to have taken the signature.</summary>
    /// <param name="bundle">The signature.</param>
    /// <param name="signer">The certificate that made it.</param>
    /// <param name="root">The logs that are believed.</param>
    /// <param name="stamped">When the signature was there, by timestamps that were verified.</param>
    /// <exception cref="SignatureFault">
    /// No log that is believed holds it, a proof does not hold, or nothing proves when it was made.
    /// </exception>
    public static IReadOnlyList<DateTimeOffset> Verify(
        SignatureBundle bundle, X509Certificate2 signer, TrustedRoot root, IReadOnlyList<DateTimeOffset> stamped)
    {
        // One is enough; but none may be wrong.
        var times = new List<DateTimeOffset>();
        foreach (var entry in bundle.LogEntries)
        {
            var promised = Verify(entry, bundle.Envelope, signer, root, stamped);
            if (promised is { } time)
            {
                times.Add(time);
            }
        }

        return times;
    }

    /// <returns>The time that the log signed; null when it signed none.</returns>
    private static DateTimeOffset? Verify(
        LogEntry entry, DsseEnvelope envelope, X509Certificate2 signer, TrustedRoot root, IReadOnlyList<DateTimeOffset> stamped)
    {
        var promised = entry.SignedEntryTimestamp is null ? null : GetTime(entry);
        if (promised is null && stamped.Count == 0)
        {
            throw SignatureFault.Unsupported("the log did not sign when it took the signature, and no timestamp says when it was made");
        }

        var log = root.Logs.FirstOrDefault(log => log.Id.AsSpan().SequenceEqual(entry.LogId) && log.Time.Contains(promised ?? stamped[0]))
            ?? throw SignatureFault.Untrusted("it is in a log that the trusted root does not name");
        if (!log.HasKnownKey)
        {
            throw SignatureFault.Unsupported("the key of its log is not on the curve P-256, P-384 or P-521");
        }

        if (promised is not null && !log.Verify(WritePromise(entry), entry.SignedEntryTimestamp))
        {
            throw SignatureFault.Invalid("the log did not sign this entry");
        }

        CheckProof(entry, log);
        CheckBody(entry, envelope, signer);
        return promised;
    }

    private static DateTimeOffset? GetTime(LogEntry entry) => entry.IntegratedTime is > 0 and <= 253_402_300_799
        ? DateTimeOffset.FromUnixTimeSeconds(entry.IntegratedTime)
        : throw SignatureFault.Invalid("the time of the log entry is none");

    /// <summary>The JSON that a log signs: sorted, without blanks.</summary>
    private static byte[] WritePromise(LogEntry entry) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"body":"{{Convert.ToBase64String(entry.Body)}}","integratedTime":{{entry.IntegratedTime}},"logID":"{{Convert.ToHexStringLower(entry.LogId)}}","logIndex":{{entry.LogIndex}}}"""));

    private static void CheckProof(LogEntry entry, TrustedLog log)
    {
        if (entry.Proof is not { } proof)
        {
            throw SignatureFault.Unsupported("it does not prove that the log holds it");
        }

        if (MerkleProof.ComputeRoot(entry.Body, proof) is not { } computed || !computed.AsSpan().SequenceEqual(proof.RootHash))
        {
            throw SignatureFault.Invalid("the proof that the log holds it does not lead to the root of the log");
        }

        if (!IsSignedRoot(proof, log))
        {
            throw SignatureFault.Invalid("the log did not sign that root");
        }
    }

    /// <summary>A signed note: lines of text, a blank line, and lines of signatures.</summary>
    private static bool IsSignedRoot(InclusionProof proof, TrustedLog log)
    {
        const int hintLength = 4;
        int end = proof.Checkpoint.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0
            || proof.Checkpoint[..end].Split('\n') is not [_, var size, var hash, ..]
            || size != proof.TreeSize.ToString(CultureInfo.InvariantCulture)
            || hash != Convert.ToBase64String(proof.RootHash))
        {
            return false;
        }

        byte[] text = Encoding.UTF8.GetBytes(proof.Checkpoint[..(end + 1)]);
        foreach (string line in proof.Checkpoint[(end + 2)..].Split('\n').Where(line => line.StartsWith("\u2014 ", StringComparison.Ordinal)))
        {
            var bytes = new byte[line.Length];
            if (Convert.TryFromBase64String(line[(line.LastIndexOf(' ') + 1)..], bytes, out int length)
                && length > hintLength
                // The hint is how the note says whose signature it is.
                && log.Id.AsSpan().StartsWith(bytes.AsSpan(0, hintLength))
                && log.Verify(text, bytes.AsSpan(hintLength, length - hintLength)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What the log holds is this signature, of this payload, by this certificate.</summary>
    private static void CheckBody(LogEntry entry, DsseEnvelope envelope, X509Certificate2 signer)
    {
        using var document = SignatureJson.Parse(entry.Body, "the body of the log entry");
        var root = document.RootElement;
        if (root.GetText("kind") != "dsse" || root.GetText("apiVersion") != "0.0.1")
        {
            throw SignatureFault.Unsupported("the log entry is of another kind than dsse 0.0.1");
        }

        var spec = root.Get("spec", JsonValueKind.Object);
        var payload = spec.Get("payloadHash", JsonValueKind.Object);
        if (payload.GetText("algorithm") != "sha256"
            || payload.GetText("value") != Convert.ToHexStringLower(SHA256.HashData(envelope.Payload)))
        {
            throw SignatureFault.Invalid("the log entry is of something else that was signed");
        }

        var signatures = spec.GetItems("signatures", 16);
        if (signatures is not [var signature]
            || signature.GetText("signature") != Convert.ToBase64String(envelope.Signature)
            || !IsCertificate(signature.GetBytes("verifier"), signer))
        {
            throw SignatureFault.Invalid("the log entry is of another signature");
        }
    }

    private static bool IsCertificate(byte[] pem, X509Certificate2 signer)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(pem));
            return certificate.RawDataMemory.Span.SequenceEqual(signer.RawDataMemory.Span);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
