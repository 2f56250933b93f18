using LowMem.Checkpoints.Formats.Archives;

namespace LowMem.Checkpoints.Verification;

/// <summary>The hashes of the files and tensors of a checkpoint: what is to be read for them, and then their values.</summary>
internal sealed class HashPlan
{
    private readonly string directory;
    private readonly List<FileHashWork> files;
    private readonly List<(TensorInfo Tensor, TensorHashWork? Work)> tensors = [];
    private readonly List<TensorHashWork> tensorWork = [];

    public HashPlan(Checkpoint checkpoint)
    {
        directory = Directory.Exists(checkpoint.Path)
            ? checkpoint.Path
            : Path.GetDirectoryName(ArchivePath.GetFile(checkpoint.Path)) ?? checkpoint.Path;
        files = [.. checkpoint.AllFiles.Select(file => new FileHashWork(file))];
        var budget = new ScanBudget(checkpoint.Files);
        var known = new Dictionary<object, TensorHashWork?>();
        foreach (var tensor in checkpoint.Tensors)
        {
            tensors.Add((tensor, GetWork(tensor, known, budget)));
        }
    }

    /// <summary>
    /// The files first, since nothing can share one of them out; the tensors in the order of the files, so that what
    /// both read is still in the system's cache.
    /// </summary>
    public IEnumerable<IScanWork> Work => [.. files.OrderByDescending(file => file.ByteLength), .. tensorWork];

    public IEnumerable<ManifestFile> GetFiles() => files.Select(work => new ManifestFile(
        Path.GetRelativePath(directory, work.File.Path).Replace('\\', '/'), work.File.Length, work.Sha256!));

    public IEnumerable<ManifestTensor> GetTensors() => tensors.Select(entry => new ManifestTensor(
        entry.Tensor.Key, entry.Tensor.DType, entry.Tensor.Shape, entry.Work?.Sha256));

    /// <summary>Tied tensors have the same values, which are read once.</summary>
    private TensorHashWork? GetWork(TensorInfo tensor, Dictionary<object, TensorHashWork?> known, ScanBudget budget)
    {
        if (tensor.UnreadableReason is not null)
        {
            return null;
        }

        var identity = (tensor.Path, tensor.Storage, tensor.StorageStart, tensor.DType, tensor.IsConjugated, tensor.IsNegated);
        object key = tensor is { IsContiguous: true, Chunks: null } ? (identity, tensor.ByteLength) : tensor;
        if (!known.TryGetValue(key, out var work))
        {
            work = budget.TryTake(tensor.ByteLength) ? new TensorHashWork(tensor) : null;
            known.Add(key, work);
            if (work is not null)
            {
                tensorWork.Add(work);
            }
        }

        return work;
    }
}
