using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Verification;

/// <summary>Looks for what shows only when all tensors are known.</summary>
internal static class StructureCheck
{
    /// <summary>Storages of different names must not share bytes: what changes one would change the other.</summary>
    public static IEnumerable<CheckpointFinding> FindOverlaps(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        var storages = checkpoint.Tensors
            .Where(tensor => tensor.Storage is { Offset: >= 0, ByteLength: > 0 } && tensor.StorageKey is not null)
            .DistinctBy(tensor => (tensor.Path, tensor.StorageKey, tensor.Storage!.Offset))
            .OrderBy(tensor => tensor.Path, StringComparer.Ordinal)
            .ThenBy(tensor => tensor.Storage!.Offset);
        TensorInfo? last = null;
        foreach (var tensor in storages)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long end = last is not null && last.Path == tensor.Path ? last.Storage!.Offset + last.Storage.ByteLength : 0;
            if (tensor.Storage!.Offset < end && tensor.StorageKey != last!.StorageKey)
            {
                yield return new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.StorageOverlap,
                    tensor.Key,
                    tensor.Storage.Offset,
                    $"the storages of '{PickleText.Shorten(tensor.Key)}' and '{PickleText.Shorten(last!.Key)}' share the bytes from {tensor.Storage.Offset} on");
            }

            if (tensor.Storage.Offset + tensor.Storage.ByteLength > end)
            {
                last = tensor;
            }
        }
    }
}
