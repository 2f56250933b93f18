using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Verification.Signing.Hashing;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Hashes many files on all cores.</summary>
internal static class FileHashes
{
    /// <returns>One resource for each file, in their order.</returns>
    public static SignedResource[] Compute(
        IReadOnlyList<ModelFile> files, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        var resources = new SignedResource[files.Count];
        long total = files.Sum(file => Math.Max(0, new FileInfo(file.FullPath) is { Exists: true } info ? info.Length : 0));
        long done = 0;
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 32),
            CancellationToken = cancellationToken,
        };
        try
        {
            Parallel.ForEach(Partitioner.Create(Enumerable.Range(0, files.Count), EnumerablePartitionerOptions.NoBuffering), options, i =>
            {
                using var file = CheckpointLocation.Local.Open(files[i].FullPath);
                resources[i] = SignedFileHash.Compute(
                    file,
                    files[i].Path,
                    SignedHashType.Sha256,
                    shardSize: null,
                    block => progress?.Report(new VerificationProgress(Interlocked.Add(ref done, block), total)),
                    cancellationToken)[0];
            });
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }

        return resources;
    }
}
