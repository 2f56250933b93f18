using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Conversion;

/// <summary>
/// Writes some of the files of a conversion into the directory of files in the making, beside those that others write. None takes its
/// place before all are there. Whoever runs it again writes its files anew.
/// </summary>
/// <param name="plan">All that is written.</param>
/// <param name="settings">How.</param>
/// <param name="mark">What the names of unfinished files end in, so that two runs do not meet.</param>
internal sealed class PartConversion(ConversionPlan plan, ConversionSettings settings, string mark)
{
    /// <summary>The most of storages that is in memory for tensors that are put together.</summary>
    private const long MaxKept = 24 << 20;

    private readonly OutputDirectory directory = new(plan.Destination.Directory, plan.Destination.FileName);

    /// <summary>Writes the files.</summary>
    /// <param name="mine">The numbers of those to write.</param>
    /// <param name="progress">Told how many bytes have been read; or null.</param>
    /// <param name="cancellationToken">Ends it within a few blocks.</param>
    /// <returns>The digests of the files, in that order.</returns>
    /// <exception cref="CheckpointException">Something is in the way, cannot be read or written, or does not read back.</exception>
    public IReadOnlyList<string> Run(IReadOnlyList<int> mine, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        Check();
        PlannedFile[] files = [.. mine.Select(number => plan.Files[number])];
        CheckRoom(files.Sum(file => file.ByteLength));
        if (files.Length == 0)
        {
            return [];
        }

        directory.CreateStaging();
        using var reader = new TensorDataReader(plan.Checkpoint) { Kept = new KeptStorages(MaxKept) };
        long total = files.Sum(LengthOf) * (settings.Verifies ? 2 : 1);
        long done = 0;
        var digests = new List<string>();
        foreach (var file in files)
        {
            digests.Add(Write(reader, file, Advance, cancellationToken));
            done += LengthOf(file) * (settings.Verifies ? 2 : 1);
        }

        return digests;

        void Advance(long now) => progress?.Report(new VerificationProgress(done + now, total));
    }

    private static long LengthOf(PlannedFile file) => file.Blobs.Sum(blob => blob.Source.ByteLength);

    private void Check()
    {
        string[] changed = [.. plan.Set.Names, .. ConversionOutputCheck.FindStale(directory, plan.Set)];
        ConversionOutputCheck.Run(directory, plan.Set, changed, plan.Checkpoint);

        // What is read now lies where this part would write.
        if (ConversionCommit.IsHalfDone(directory, plan.Destination))
        {
            throw new CheckpointException(
                CheckpointErrorIds.ConversionUnfinished,
                directory.Staging,
                "an earlier conversion was killed while its files took their places, and some are still in this directory. Bring it to its end first: Join-CheckpointPart or Convert-Checkpoint -Resume, as it was called.");
        }

        if (directory.IsStagingLink || (!settings.Replaces && directory.IsStaged(ConversionJournal.FileName)))
        {
            throw new CheckpointException(
                CheckpointErrorIds.ConversionUnfinished,
                directory.Staging,
                "an earlier conversion was killed and left this directory. Remove it, or write over it with -Force.");
        }

        if (!settings.Replaces)
        {
            ConversionOutputCheck.RefuseReplacing(directory, changed);
        }
    }

    private void CheckRoom(long needed)
    {
        if (directory.FindFreeBytes() is { } free && free < needed)
        {
            throw new CheckpointException(
                CheckpointErrorIds.OutputDiskFull, plan.Path, $"the disk has {free} bytes left, and {needed} are needed. Make room, or write to another disk.");
        }
    }

    private string Write(TensorDataReader reader, PlannedFile file, Action<long> progress, CancellationToken cancellationToken)
    {
        string unfinished = $"{file.Name}.{mark}";
        string staged = directory.GetStaged(unfinished);
        var writer = new ShardWriter(reader, file, staged, directory.GetPath(file.Name));
        try
        {
            using (var output = writer.Write(progress, cancellationToken))
            {
                output.Flush();
            }

            if (settings.Verifies)
            {
                writer.Verify(progress, cancellationToken);
            }

            reader.CheckUnchanged();
            string digest = ShardWriter.GetDigest(staged, directory.GetPath(file.Name), cancellationToken);
            directory.Settle(unfinished, file.Name);
            return digest;
        }
        catch
        {
            directory.RemoveStaged(unfinished);
            throw;
        }
    }
}
