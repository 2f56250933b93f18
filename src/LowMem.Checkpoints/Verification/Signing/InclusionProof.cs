namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>That an entry is in a log: the hashes from its leaf up to the root, and the root as the log signed it.</summary>
/// <param name="LogIndex">The index of the leaf in this tree.</param>
/// <param name="TreeSize">The number of leaves.</param>
/// <param name="RootHash">The root of the tree.</param>
/// <param name="Hashes">The hashes beside the way up.</param>
/// <param name="Checkpoint">A signed note: name, size and root of the tree, and signatures.</param>
internal sealed record InclusionProof(
    long LogIndex, long TreeSize, byte[] RootHash, IReadOnlyList<byte[]> Hashes, string Checkpoint);
