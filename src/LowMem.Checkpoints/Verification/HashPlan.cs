using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Division;

namespace LowMem.Checkpoints.Verification;

/// <summary>The hashes of the files and tensors of a checkpoint: what is to be read for them, and then their values.</summary>
internal sealed class HashPlan
{
    private readonly CheckpointLocation location;
    private readonly string directory;
    private readonly List<(CheckpointFile File, HashConsumer Hash)> files;
    private readonly List<(TensorInfo Tensor, HashConsumer? Hash)> tensors = [];

    public HashPlan(Checkpoint checkpoint, BlockPlan plan, FileHashes fileHashes)
    {
        location = checkpoint.Files is [var first, ..] ? first.Location : CheckpointLocation.Local;
        directory = checkpoint.GetDirectory(location);
        files = [.. checkpoint.AllFiles.Select(file => (file, fileHashes.Get(file)))];
        var budget = new ScanBudget(checkpoint.Files);
        var known = new Dictionary<TensorIdentity, HashConsumer?>();
        foreach (var tensor in checkpoint.Tensors)
        {
            tensors.Add((tensor, GetHash(tensor, known, budget, plan)));
        }
    }

    /// <summary>The files in order; the hash of one is null as long as it has not been read.</summary>
    /// <param name="share">What was read here.</param>
    public IEnumerable<Hashed<ManifestFile>> GetFiles(PlanShare share) => files.Select(entry => new Hashed<ManifestFile>(
        new ManifestFile(location.GetRelative(directory, entry.File.Path).Replace('\\', '/'), entry.File.Length, entry.Hash.Sha256!), share.Has(entry.Hash)));

    /// <summary>The tensors in order.</summary>
    /// <param name="share">What was read here.</param>
    public IEnumerable<Hashed<ManifestTensor>> GetTensors(PlanShare share) => tensors.Select(entry => new Hashed<ManifestTensor>(
        new ManifestTensor(entry.Tensor.Key, entry.Tensor.DType, entry.Tensor.Shape, entry.Hash?.Sha256), entry.Hash is null ? share.HasCommon : share.Has(entry.Hash)));

    /// <summary>A thing with its hash.</summary>
    /// <param name="Item">The thing.</param>
    /// <param name="IsHere">Whether its hash was computed here, or would have been if it had one.</param>
    internal sealed record Hashed<T>(T Item, bool IsHere);

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
