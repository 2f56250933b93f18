using System.Text.Json;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>A log, and the time in which its key was used.</summary>
internal sealed record TrustedLog(byte[] Id, byte[] Key, ValidTime Time)
{
    public static TrustedLog Parse(JsonElement log)
    {
        var key = log.Get("publicKey", JsonValueKind.Object);
        return new TrustedLog(
            log.Get("logId", JsonValueKind.Object).GetBytes("keyId"), key.GetBytes("rawBytes"), ValidTime.Parse(key.Find("validFor")));
    }

    /// <summary>Whether its key is one that is verified here; those of newer logs are Ed25519.</summary>
    public bool HasKnownKey
    {
        get
        {
            using var key = EcdsaKeys.FromSubjectPublicKeyInfo(Key);
            return key is not null;
        }
    }

    /// <summary>Whether the log signed the data, by ECDSA.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var key = EcdsaKeys.FromSubjectPublicKeyInfo(Key);
        return key is not null && EcdsaKeys.Verify(key, data, signature, EcdsaKeys.FindHash(key)!.Value);
    }
}
