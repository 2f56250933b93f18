namespace LowMem.Checkpoints.Verification.Signing.Hashing;

/// <summary>Hashes bytes block by block.</summary>
internal interface IFileHash : IDisposable
{
    /// <summary>Hashes the next bytes.</summary>
    /// <param name="block">The bytes, which are not kept.</param>
    void Append(ReadOnlySpan<byte> block);

    /// <summary>The digest of all blocks since the last one; the next block starts anew.</summary>
    byte[] GetDigestAndReset();
}
