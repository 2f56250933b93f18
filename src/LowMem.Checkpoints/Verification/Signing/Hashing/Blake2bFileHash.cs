using Konscious.Security.Cryptography;

namespace LowMem.Checkpoints.Verification.Signing.Hashing;

/// <summary>BLAKE2b of 512 bits, without a key (RFC 7693). Its library is loaded when the first of these is made.</summary>
internal sealed class Blake2bFileHash : IFileHash
{
    private readonly HMACBlake2B hash = new(8 * SignedHashType.Blake2b.DigestLength);

    public Blake2bFileHash() => hash.Initialize();

    public void Append(byte[] block, int length) => hash.TransformBlock(block, 0, length, null, 0);

    public byte[] GetDigestAndReset()
    {
        hash.TransformFinalBlock([], 0, 0);
        byte[] digest = hash.Hash!;
        hash.Initialize();
        return digest;
    }

    public void Dispose() => hash.Dispose();
}
