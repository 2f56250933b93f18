using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification;

/// <summary>Looks for what shows only when all tensors are known.</summary>
internal static class StructureCheck
{
    /// <summary>The most keys or storages that one finding names.</summary>
    private const int MostNamed = 5;

    private static readonly string[] TensorFaults =
    [
        FindingCodes.StorageMissing, FindingCodes.StorageSizeMismatch, FindingCodes.TensorInvalid, FindingCodes.TensorOutOfBounds,
        FindingCodes.ChunkInvalid, FindingCodes.ChunkLayoutInvalid,
    ];

    /// <summary>A finding of the reader as a verdict takes it.</summary>
    /// <remarks>
    /// The reference implementation of safetensors refuses bytes behind the last tensor: they are there for another reader,
    /// or the header is not the file's. To list and to load the tensors they do not matter.
    /// </remarks>
    public static CheckpointFinding Judge(Checkpoint checkpoint, CheckpointFinding finding) =>
        finding.Code == FindingCodes.TrailingBytes && checkpoint.Format == CheckpointFormats.Safetensors
            ? finding with { Severity = FindingSeverity.Error }
            : finding;

    public static IEnumerable<CheckpointFinding> Find(Checkpoint checkpoint, CancellationToken cancellationToken) =>
        FindOverlaps(checkpoint, cancellationToken)
            .Concat(FindDuplicates(checkpoint, cancellationToken))
            .Concat(FindUnlisted(checkpoint, cancellationToken));

    /// <summary>Tensors of one key: which of them a reader takes is its own choice.</summary>
    private static IEnumerable<CheckpointFinding> FindDuplicates(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in checkpoint.Tensors)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!keys.Add(tensor.Key) && told.Add(tensor.Key))
            {
                yield return new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.DuplicateKey,
                    tensor.Key,
                    tensor.Offset >= 0 ? tensor.Offset : null,
                    $"several tensors go by the key '{DisplayText.Name(tensor.Key)}'");
            }
        }
    }

    /// <summary>Bytes of a file that are said to be of tensors and that no tensor shows: what is listed is not all there is.</summary>
    private static IEnumerable<CheckpointFinding> FindUnlisted(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        // A tensor at fault has no storage, and has been told of.
        if (checkpoint.Findings.Any(finding => TensorFaults.Contains(finding.Code)))
        {
            yield break;
        }

        var listed = new HashSet<(string Path, string? Key)>();
        foreach (var tensor in checkpoint.Tensors)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var part in tensor.GetParts().Concat(tensor.Chunks?.SelectMany(chunk => chunk.Source.GetParts()) ?? []))
            {
                listed.Add((part.Path, part.StorageKey));
                foreach (var source in (part.Chunks ?? []).SelectMany(chunk => chunk.Source.GetParts()))
                {
                    listed.Add((source.Path, source.StorageKey));
                }
            }
        }

        var unlisted = checkpoint.Storages.Where(storage => storage.ByteLength > 0 && !listed.Contains((storage.Path, storage.Key)));
        foreach (var file in unlisted.GroupBy(storage => storage.Path, StringComparer.Ordinal))
        {
            var names = file.Select(storage => $"'{storage.Key}'").ToList();
            yield return new CheckpointFinding(
                FindingSeverity.Error,
                FindingCodes.UnlistedStorage,
                null,
                null,
                $"{names.Count} {(names.Count == 1 ? "storage is" : "storages are")} used by no listed tensor, "
                + $"{file.Sum(storage => storage.ByteLength)} bytes of {Path.GetFileName(file.Key)}: {DisplayText.Names(names, MostNamed)}");
        }
    }

    /// <summary>Storages of different names must not share bytes: what changes one would change the other.</summary>
    private static IEnumerable<CheckpointFinding> FindOverlaps(Checkpoint checkpoint, CancellationToken cancellationToken)
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
                    $"the storages of '{DisplayText.Name(tensor.Key)}' and '{DisplayText.Name(last!.Key)}' share the bytes from {tensor.Storage.Offset} on");
            }

            if (tensor.Storage.Offset + tensor.Storage.ByteLength > end)
            {
                last = tensor;
            }
        }
    }
}
