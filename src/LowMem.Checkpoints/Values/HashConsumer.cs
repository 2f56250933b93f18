using System.Security.Cryptography;

namespace LowMem.Checkpoints.Values;

/// <summary>Computes the SHA-256 of a range.</summary>
internal sealed class HashConsumer : IBlockConsumer
{
    private IncrementalHash? hash;

    public bool IsInOrder => true;

    /// <summary>The result, in lower-case hexadecimal digits; null as long as there is none.</summary>
    public string? Sha256 { get; private set; }

    public void Consume(long position, ReadOnlySpan<byte> block)
    {
        // There are many more ranges than are read at a time.
        hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(block);
    }

    public void Complete()
    {
        hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        hash.Dispose();
        hash = null;
    }
}
