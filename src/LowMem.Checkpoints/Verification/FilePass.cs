using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification;

/// <summary>Reads many files once each, on all cores, and with few of them open at a time.</summary>
internal static class FilePass
{
    /// <summary>A model may have more files than a process may hold open.</summary>
    private const int MostOpen = 64;

    /// <param name="paths">Full paths.</param>
    /// <param name="location">Where they are.</param>
    /// <param name="plan">Says what is wanted of a file, by its place among the paths.</param>
    /// <param name="fails">Told of a file that cannot be opened; null when that is an error.</param>
    /// <param name="progress">Told how far it is, from several threads; or null.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">A file cannot be read, or was changed meanwhile.</exception>
    public static void Run(
        IReadOnlyList<string> paths,
        CheckpointLocation location,
        Action<int, RandomAccessSource, BlockPlan> plan,
        Action<int, CheckpointException>? fails,
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken)
    {
        long total = progress is null ? 0 : paths.Sum(GetLength);
        long done = 0;
        for (int first = 0; first < paths.Count; first += MostOpen)
        {
            using var reader = new TensorDataReader(location);
            var blocks = new BlockPlan(reader);
            for (int i = first; i < Math.Min(first + MostOpen, paths.Count); i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                RandomAccessSource source;
                try
                {
                    source = reader.GetFile(paths[i]);
                }
                catch (CheckpointException exception) when (fails is not null)
                {
                    fails(i, exception);
                    continue;
                }

                plan(i, source, blocks);
            }

            long before = done;
            BlockPass.Run(
                blocks,
                (now, all) =>
                {
                    progress?.Report(new VerificationProgress(before + now, Math.Max(total, before + all)));
                    done = before + all;
                },
                cancellationToken);
        }
    }

    private static long GetLength(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true } file ? file.Length : 0;
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            return 0;
        }
    }
}
