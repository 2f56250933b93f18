using System.Text.Json;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>An entry of a transparency log (Rekor), as a bundle carries it.</summary>
internal sealed record LogEntry
{
    private const int MaxHashes = 64;

    public required long LogIndex { get; init; }

    /// <summary>The SHA-256 of the log's public key.</summary>
    public required byte[] LogId { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long IntegratedTime { get; init; }

    /// <summary>What the log holds, as JSON.</summary>
    public required byte[] Body { get; init; }

    /// <summary>The log's signature on its promise to include the entry, or null.</summary>
    public byte[]? SignedEntryTimestamp { get; init; }

    public InclusionProof? Proof { get; init; }

    public static LogEntry Parse(JsonElement entry) => new()
    {
        LogIndex = entry.GetNumber("logIndex"),
        LogId = entry.Get("logId", JsonValueKind.Object).GetBytes("keyId"),
        IntegratedTime = entry.Find("integratedTime") is null ? 0 : entry.GetNumber("integratedTime"),
        Body = entry.GetBytes("canonicalizedBody"),
        SignedEntryTimestamp = entry.Find("inclusionPromise")?.GetBytes("signedEntryTimestamp"),
        Proof = entry.Find("inclusionProof") is { } proof ? ParseProof(proof) : null,
    };

    private static InclusionProof ParseProof(JsonElement proof) => new(
        proof.GetNumber("logIndex"),
        proof.GetNumber("treeSize"),
        proof.GetBytes("rootHash"),
        [.. proof.GetItems("hashes", MaxHashes).Select(ParseHash)],
        proof.Find("checkpoint")?.GetText("envelope") ?? string.Empty);

    private static byte[] ParseHash(JsonElement hash)
    {
        try
        {
            return hash.ValueKind == JsonValueKind.String && hash.TryGetBytesFromBase64(out byte[]? bytes)
                ? bytes
                : throw SignatureFault.Invalid("a hash of the inclusion proof is no base64");
        }
        catch (InvalidOperationException exception)
        {
            throw SignatureFault.Invalid("a hash of the inclusion proof is no base64", exception);
        }
    }
}
