using System.Security.Cryptography;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>The tree of RFC 6962: a leaf is hashed behind 0, a node behind 1.</summary>
internal static class MerkleProof
{
    /// <summary>The root that a proof leads to from a leaf; null when the proof does not fit the index and size.</summary>
    public static byte[]? ComputeRoot(byte[] leaf, InclusionProof proof)
    {
        if (proof.LogIndex < 0 || proof.LogIndex >= proof.TreeSize || proof.Hashes.Any(hash => hash.Length != SHA256.HashSizeInBytes))
        {
            return null;
        }

        byte[] hash = SHA256.HashData([0, .. leaf]);
        long node = proof.LogIndex;
        long last = proof.TreeSize - 1;
        foreach (byte[] sibling in proof.Hashes)
        {
            if (last == 0)
            {
                return null;
            }

            if ((node & 1) == 1 || node == last)
            {
                hash = SHA256.HashData([1, .. sibling, .. hash]);
                while ((node & 1) == 0 && node != 0)
                {
                    node >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                hash = SHA256.HashData([1, .. hash, .. sibling]);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 ? hash : null;
    }
}
