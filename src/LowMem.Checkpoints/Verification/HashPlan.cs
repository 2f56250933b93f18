using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification;

/// <summary>The hashes of the files and tensors of a checkpoint: what is to be read for them, and then their values.</summary>
internal sealed class HashPlan
{
    private readonly string directory;
    private readonly List<(CheckpointFile File, HashConsumer Hash)> files;
    private readonly List<(TensorInfo Tensor, HashConsumer? Hash)> tensors = [];

    public HashPlan(Checkpoint checkpoint, BlockPlan plan, FileHashes fileHashes)
    {
        directory = checkpoint.GetDirectory(checkpoint.Files is [var first, ..] ? first.Location : CheckpointLocation.Local);
        files = [.. checkpoint.AllFiles.Select(file => (file, fileHashes.Get(file)))];
        var budget = new ScanBudget(checkpoint.Files);
        var known = new Dictionary<TensorIdentity, HashConsumer?>();
        foreach (var tensor in checkpoint.Tensors)
        {
            tensors.Add((tensor, GetHash(tensor, known, budget, plan)));
        }
    }

    public IEnumerable<ManifestFile> GetFiles() => files.Select(entry => new ManifestFile(
        Path.GetRelativePath(directory, entry.File.Path).Replace('\\', '/'), entry.File.Length, entry.Hash.Sha256!));

    public IEnumerable<ManifestTensor> GetTensors() => tensors.Select(entry => new ManifestTensor(
        entry.Tensor.Key, entry.Tensor.DType, entry.Tensor.Shape, entry.Hash?.Sha256));

    /// <summary>Tied tensors have the same values, which are read once.</summary>
    private static HashConsumer? GetHash(
        TensorInfo tensor, Dictionary<TensorIdentity, HashConsumer?> known, ScanBudget budget, BlockPlan plan)
    {
        if (tensor.UnreadableReason is not null)
        {
            return null;
        }

        var identity = TensorIdentity.OfValues(tensor);
        if (!known.TryGetValue(identity, out var hash))
        {
            hash = budget.TryTake(tensor) ? new HashConsumer() : null;
            known.Add(identity, hash);
            if (hash is not null)
            {
                plan.Add(tensor, hash);
            }
        }

        return hash;
    }
}
