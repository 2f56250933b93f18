using System.Security.Cryptography;

namespace LowMem.Checkpoints.Verification.Signing.Hashing;

/// <summary>SHA-256, by the system's own cryptography.</summary>
internal sealed class Sha256FileHash : IFileHash
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Append(ReadOnlySpan<byte> block) => hash.AppendData(block);

    public byte[] GetDigestAndReset() => hash.GetHashAndReset();

    public void Dispose() => hash.Dispose();
}
