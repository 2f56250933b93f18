using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification.Signing.Hashing;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Computes the digest of a file, or of a range of one, by a hash that signatures use.</summary>
internal sealed class DigestConsumer(SignedHashType type) : IBlockConsumer
{
    private IFileHash? hash;

    public bool IsInOrder => true;

    /// <summary>The result; null as long as there is none.</summary>
    public byte[]? Digest { get; private set; }

    public void Consume(long position, ReadOnlySpan<byte> block)
    {
        // There are many more ranges than are read at a time.
        hash ??= type.Create();
        hash.Append(block);
    }

    public void Complete()
    {
        hash ??= type.Create();
        Digest = hash.GetDigestAndReset();
        hash.Dispose();
        hash = null;
    }
}
