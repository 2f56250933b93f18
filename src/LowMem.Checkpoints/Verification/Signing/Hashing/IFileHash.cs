namespace LowMem.Checkpoints.Verification.Signing.Hashing;

/// <summary>Hashes bytes block by block.</summary>
internal interface IFileHash : IDisposable
{
    /// <param name="block">A buffer whose start is hashed.</param>
    /// <param name="length">How many bytes of it.</param>
    void Append(byte[] block, int length);

    /// <summary>The digest of all blocks since the last one; the next block starts anew.</summary>
    byte[] GetDigestAndReset();
}
