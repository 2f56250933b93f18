using Blake3;

namespace LowMem.Checkpoints.Verification.Signing.Hashing;

/// <summary>BLAKE3 of 256 bits, without a key. Its library is loaded when the first of these is made.</summary>
internal sealed class Blake3FileHash : IFileHash
{
    private readonly Hasher hash = Hasher.New();

    public void Append(ReadOnlySpan<byte> block) => hash.Update(block);

    public byte[] GetDigestAndReset()
    {
        byte[] digest = new byte[SignedHashType.Blake3.DigestLength];
        hash.Finalize(digest);
        hash.Reset();
        return digest;
    }

    public void Dispose() => hash.Dispose();
}
