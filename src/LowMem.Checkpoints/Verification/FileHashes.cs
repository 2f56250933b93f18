using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification;

/// <summary>The SHA-256 of files, each computed once, whatever it is compared with.</summary>
internal sealed class FileHashes(BlockPlan plan)
{
    private readonly Dictionary<CheckpointFile, HashConsumer> hashes = [];

    /// <summary>What computes the hash of a file.</summary>
    public HashConsumer Get(CheckpointFile file)
    {
        if (!hashes.TryGetValue(file, out var hash))
        {
            hashes.Add(file, hash = new HashConsumer());
            plan.Add(file.Path, 0, file.Length, hash);
        }

        return hash;
    }
}
