using System.Diagnostics;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Conversion;

/// <summary>
/// Runs a conversion that was planned. Whenever it ends, by an error, by Ctrl+C or by a kill, there is the old set of files or the new
/// one. After an error nothing is left behind; after a kill a directory <c>*.converting</c>, which the next run names.
/// </summary>
public sealed class ConversionRun
{
    /// <summary>The most of storages that is in memory for tensors that are put together.</summary>
    private const long MaxKept = 24 << 20;

    private readonly ConversionPlan plan;
    private readonly ConversionSettings settings;
    private readonly OutputDirectory directory;
    private readonly Stopwatch clock = Stopwatch.StartNew();

    /// <summary>Prepares a run; changes nothing yet.</summary>
    /// <param name="plan">What is written.</param>
    /// <param name="settings">How.</param>
    public ConversionRun(ConversionPlan plan, ConversionSettings settings)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(settings);
        this.plan = plan;
        this.settings = settings;
        directory = new OutputDirectory(plan.Destination.Directory, plan.Destination.FileName);
    }

    /// <summary>Makes sure that nothing is lost: no file that is read is replaced, and no other one without leave.</summary>
    /// <exception cref="CheckpointException">Something is in the way.</exception>
    public void CheckOutput() => _ = Prepare();

    /// <summary>Writes all.</summary>
    /// <param name="progress">Told how many bytes have been read; or null.</param>
    /// <param name="cancellationToken">Ends it within a few blocks.</param>
    /// <exception cref="CheckpointException">Something is in the way, cannot be read or written, or does not read back.</exception>
    public ConversionReport Run(IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        var journal = Prepare();
        if (settings.Resumes && journal is not null && ConversionCommit.IsHalfDone(directory, plan.Destination))
        {
            ConversionCommit.FinishHalfDone(directory, plan.Destination);
            return Report(plan.Files.Count);
        }

        if (ConversionCommit.IsHalfDone(directory, plan.Destination))
        {
            ConversionCommit.FinishHalfDone(directory, plan.Destination);
        }

        int resumed;
        try
        {
            resumed = WriteFiles(journal, progress, cancellationToken);
        }
        catch
        {
            // When all was complete before, a kill may have come while the files took their places: the rest of them is still needed.
            if (journal is null || plan.Files.Any(file => journal.Find(file.Name) is null))
            {
                directory.RemoveStaging();
            }

            throw;
        }

        ConversionCommit.Run(directory, plan);
        return Report(resumed);
    }

    /// <summary>Checks what is there.</summary>
    /// <returns>The journal of an earlier run that goes on; null to begin anew.</returns>
    private ConversionJournal? Prepare()
    {
        string[] stale = [.. OldSet.Find(directory, plan.Destination).GetStale(directory, plan)];
        string[] names = [.. plan.Files.Select(file => file.Name), .. plan.Files.Count > 1 ? (string[])[plan.Destination.IndexName] : []];
        if (names.Concat(stale).FirstOrDefault(name => plan.Checkpoint.IsReplacedBy(directory.GetPath(name))) is { } input)
        {
            throw new CheckpointException(
                CheckpointErrorIds.OutputIsInput, directory.GetPath(input), "this file is part of the checkpoint and would be lost. Name another one.");
        }

        ConversionJournal? journal = directory.HasStaging && settings.Resumes ? ConversionJournal.Read(directory) : null;
        if (journal is not null && journal.Fingerprint != ConversionJournal.GetFingerprint(plan))
        {
            journal = null;
        }

        if (directory.HasStaging && journal is null && !settings.Replaces)
        {
            throw new CheckpointException(
                CheckpointErrorIds.ConversionUnfinished,
                directory.Staging,
                settings.Resumes
                    ? "an earlier conversion was killed and left this directory, but it was of other files or with other options. Remove it and begin anew with -Force."
                    : "an earlier conversion was killed and left this directory. Go on with -Resume, or remove it and begin anew with -Force.");
        }

        if (!settings.Replaces && journal?.Replaces != true
            && names.Concat(stale).FirstOrDefault(name => journal?.Find(name) is null && directory.Exists(name)) is { } there)
        {
            throw new CheckpointException(
                CheckpointErrorIds.OutputExists, directory.GetPath(there), "there is such a file already. Name another one, or replace it with -Force.");
        }

        return journal;
    }

    private int WriteFiles(ConversionJournal? earlier, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        if (earlier is null && directory.HasStaging)
        {
            directory.RemoveStaging();
        }

        CheckRoom(earlier);
        directory.CreateStaging();
        var journal = earlier ?? new ConversionJournal { Fingerprint = ConversionJournal.GetFingerprint(plan), Replaces = settings.Replaces };
        journal.Write(directory);
        using var reader = new TensorDataReader(plan.Checkpoint) { Kept = new KeptStorages(MaxKept) };
        long passes = settings.Verifies ? 2 : 1;
        long total = plan.Files.Sum(file => file.Blobs.Sum(blob => blob.Source.ByteLength)) * passes;
        long done = 0;
        int resumed = 0;
        foreach (var file in plan.Files)
        {
            long length = file.Blobs.Sum(blob => blob.Source.ByteLength);
            string shown = directory.GetPath(file.Name);
            var writer = new ShardWriter(reader, file, directory.GetStaged(file.Name), shown);
            if (IsComplete(journal, file, cancellationToken))
            {
                resumed++;
                if (!directory.IsStaged(file.Name))
                {
                    writer = new ShardWriter(reader, file, shown, shown);
                }
            }
            else
            {
                writer.Write(Advance, cancellationToken);
                if (plan.Files.Count > 1)
                {
                    journal.Add(file.Name, ShardWriter.GetDigest(directory.GetStaged(file.Name), shown, cancellationToken));
                    journal.Write(directory);
                }
            }

            done += length;
            if (settings.Verifies)
            {
                writer.Verify(Advance, cancellationToken);
                done += length;
            }

            void Advance(long now) => progress?.Report(new VerificationProgress(done + now, total));
        }

        reader.CheckUnchanged();
        return resumed;
    }

    /// <summary>Whether a file is there as it was recorded: in the making, or in its place already.</summary>
    private bool IsComplete(ConversionJournal journal, PlannedFile file, CancellationToken cancellationToken)
    {
        if (journal.Find(file.Name) is not { } digest)
        {
            return false;
        }

        string? path = directory.IsStaged(file.Name) ? directory.GetStaged(file.Name) : directory.Exists(file.Name) ? directory.GetPath(file.Name) : null;
        return path is not null && ShardWriter.GetDigest(path, directory.GetPath(file.Name), cancellationToken) == digest;
    }

    private void CheckRoom(ConversionJournal? earlier)
    {
        long needed = plan.Files.Where(file => earlier?.Find(file.Name) is null).Sum(file => file.ByteLength);
        if (directory.FindFreeBytes() is { } free && free < needed)
        {
            throw new CheckpointException(
                CheckpointErrorIds.OutputDiskFull,
                plan.Path,
                $"the disk has {free} bytes left, and {needed} are needed; what is replaced stays until the end. Make room, or write to another disk.");
        }
    }

    private ConversionReport Report(int resumed) => new()
    {
        Path = plan.Path,
        Source = plan.Checkpoint.Path,
        Format = plan.Destination.Format,
        Files = [.. plan.Files.Select(file => directory.GetPath(file.Name))],
        TensorCount = plan.TensorCount,
        CastCount = plan.CastCount,
        TiedCount = plan.TiedCount,
        ByteLength = plan.ByteLength,
        ResumedCount = resumed,
        Verified = settings.Verifies,
        Duration = clock.Elapsed,
    };
}
