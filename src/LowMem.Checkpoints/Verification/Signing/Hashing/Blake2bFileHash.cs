using System.Buffers;
using Konscious.Security.Cryptography;

namespace LowMem.Checkpoints.Verification.Signing.Hashing;

/// <summary>BLAKE2b of 512 bits, without a key (RFC 7693). Its library is loaded when the first of these is made.</summary>
internal sealed class Blake2bFileHash : IFileHash
{
    private readonly HMACBlake2B hash = new(8 * SignedHashType.Blake2b.DigestLength);

    public Blake2bFileHash() => hash.Initialize();

    /// <summary>The library takes arrays only.</summary>
    public void Append(ReadOnlySpan<byte> block)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(block.Length);
        block.CopyTo(copy);
        hash.TransformBlock(copy, 0, block.Length, null, 0);
        ArrayPool<byte>.Shared.Return(copy);
    }

    public byte[] GetDigestAndReset()
    {
        hash.TransformFinalBlock([], 0, 0);
        byte[] digest = hash.Hash!;
        hash.Initialize();
        return digest;
    }

    public void Dispose() => hash.Dispose();
}
