using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>
/// A Sigstore bundle as OpenSSF Model Signing uses it: an envelope, and by what it can be verified. Nothing in it is
/// believed before the signature has been verified.
/// </summary>
internal sealed record SignatureBundle
{
    private const string MediaTypePrefix = "application/vnd.dev.sigstore.bundle";

    /// <summary>The versions whose rules are known, as each of the two ways to write a media type ends.</summary>
    private static readonly string[] Versions =
        ["+json;version=0.1", "+json;version=0.2", "+json;version=0.3", ".v0.1+json", ".v0.2+json", ".v0.3+json"];

    /// <summary>The signature of a million files is about 250 MB.</summary>
    private const long MaxLength = 512 << 20;

    /// <summary>Of a chain of certificates, or a list of log entries.</summary>
    private const int MaxItems = 32;

    public required DsseEnvelope Envelope { get; init; }

    /// <summary>How it was signed.</summary>
    public required SignatureMethod Method { get; init; }

    /// <summary>The SHA-256 of the text of the public key in PEM; null when the bundle does not say.</summary>
    public string? KeyHint { get; init; }

    /// <summary>The certificates (DER), that of the signer first.</summary>
    public IReadOnlyList<byte[]> Certificates { get; init; } = [];

    /// <summary>The entries of transparency logs, read by whoever verifies them.</summary>
    public IReadOnlyList<LogEntry> LogEntries { get; init; } = [];

    /// <summary>Timestamps of the signature by others (responses of RFC 3161), for keyless signatures.</summary>
    public IReadOnlyList<byte[]> Timestamps { get; init; } = [];

    /// <exception cref="CheckpointException">The file is not there or may not be read.</exception>
    /// <exception cref="SignatureFault">It is no signature of a model.</exception>
    public static SignatureBundle Read(string path, CheckpointLocation location)
    {
        using var file = location.Open(path);
        return file.Length <= MaxLength
            ? Parse(file.ReadRange(0, file.Length, "the signature"))
            : throw SignatureFault.Invalid($"the signature is {file.Length} bytes, more than the {MaxLength} that are read");
    }

    /// <exception cref="SignatureFault">It is no signature of a model.</exception>
    public static SignatureBundle Parse(ReadOnlyMemory<byte> json)
    {
        using var document = SignatureJson.Parse(json, "the signature");
        var root = document.RootElement;
        string mediaType = root.GetText("mediaType");
        if (!mediaType.StartsWith(MediaTypePrefix, StringComparison.Ordinal))
        {
            throw SignatureFault.Invalid($"its media type is not that of a Sigstore bundle, {MediaTypePrefix}");
        }

        if (!Versions.Contains(mediaType[MediaTypePrefix.Length..]))
        {
            throw SignatureFault.Unsupported($"its media type '{DisplayText.Name(mediaType)}' is of a version that is not known here");
        }

        var envelope = ParseEnvelope(root.Get("dsseEnvelope", JsonValueKind.Object));
        var material = root.Get("verificationMaterial", JsonValueKind.Object);
        var key = material.Find("publicKey");
        var chain = material.Find("x509CertificateChain");
        var certificate = material.Find("certificate");
        return (key, chain, certificate) switch
        {
            ({ } only, null, null) => new SignatureBundle
            {
                Envelope = envelope,
                Method = SignatureMethod.Key,
                KeyHint = only.FindText("hint"),
            },
            (null, { } only, null) => new SignatureBundle
            {
                Envelope = envelope,
                // Before 0.3, keyless bundles had a chain, and log entries with it.
                Method = material.Find("tlogEntries") is { ValueKind: JsonValueKind.Array } entries && entries.GetArrayLength() > 0
                    ? SignatureMethod.Keyless
                    : SignatureMethod.Certificate,
                Certificates = ParseChain(only),
                LogEntries = ParseLog(material),
                Timestamps = ParseTimestamps(material),
            },
            (null, null, { } only) => new SignatureBundle
            {
                Envelope = envelope,
                Method = SignatureMethod.Keyless,
                Certificates = [only.GetBytes("rawBytes")],
                LogEntries = ParseLog(material) is { Length: > 0 } log
                    ? log
                    : throw SignatureFault.Invalid("it was signed without a key of its own, and names no entry of a transparency log"),
                Timestamps = ParseTimestamps(material),
            },
            _ => throw SignatureFault.Invalid("it does not name one key, one chain of certificates, or one certificate"),
        };
    }

    private static DsseEnvelope ParseEnvelope(JsonElement envelope)
    {
        var signatures = envelope.GetItems("signatures", MaxItems);
        string type = envelope.GetText("payloadType");
        if (type != DsseEnvelope.InTotoType)
        {
            throw SignatureFault.Invalid($"its payload is not of the type {DsseEnvelope.InTotoType}");
        }

        return signatures is [var only]
            ? new DsseEnvelope(type, envelope.GetBytes("payload"), only.GetBytes("sig"))
            : throw SignatureFault.Invalid($"its envelope holds {signatures.Count} signatures where there is to be one");
    }

    private static byte[][] ParseChain(JsonElement chain)
    {
        byte[][] certificates = [.. chain.GetItems("certificates", MaxItems).Select(item => item.GetBytes("rawBytes"))];
        return certificates.Length > 0 ? certificates : throw SignatureFault.Invalid("its chain of certificates is empty");
    }

    private static LogEntry[] ParseLog(JsonElement material) => material.Find("tlogEntries") is null
        ? []
        : [.. material.GetItems("tlogEntries", MaxItems).Select(LogEntry.Parse)];

    private static byte[][] ParseTimestamps(JsonElement material) =>
        material.Find("timestampVerificationData") is { } data && data.Find("rfc3161Timestamps") is not null
            ? [.. data.GetItems("rfc3161Timestamps", MaxItems).Select(item => item.GetBytes("signedTimestamp"))]
            : [];
}
