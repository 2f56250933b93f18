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
        catch (CheckpointException exception) when (exception.IsOfServer && ConversionJournal.Read(directory) is { } written && plan.Files.Any(file => written.Find(file.Name) is not null))
        {
            // What came over a network is not thrown away because the network failed.
            throw exception.Saying($"{exception.Detail} The files that are complete are kept: go on with -Resume.", exception.Path, exception.Offset);
        }
        catch
        {
            // When all was complete before, a kill may have come while the files took their places: the rest of them is still needed.
            if (journal is null || plan.Files.Any(file => journal.Find(file.Name) is null))
            {
                directory.RemoveStaging(ConversionJournal.FileName);
            }

            throw;
        }

        try
        {
            ConversionCommit.Run(directory, plan.Set);
        }
        catch when (plan.Files.Count == 1)
        {
            // The one rename has failed, and all is as it was. Of several files, some may have their places: -Resume brings the rest.
            directory.RemoveStaging(ConversionJournal.FileName);
            throw;
        }

        return Report(resumed);
    }

    /// <summary>Checks what is there.</summary>
    /// <returns>The journal of an earlier run that goes on; null to begin anew.</returns>
    private ConversionJournal? Prepare()
    {
        string[] stale = ConversionOutputCheck.FindStale(directory, plan.Set);
        string[] names = [.. plan.Set.Names];
        ConversionOutputCheck.Run(directory, plan.Set, [.. names, .. stale], plan.Checkpoint);
        var journal = directory.HasStaging && settings.Resumes && !directory.IsStagingLink ? ConversionJournal.Read(directory) : null;
        bool isOther = directory.IsStagingLink || (journal is not null && journal.Fingerprint != ConversionJournal.GetFingerprint(plan));
        journal = isOther ? null : journal;

        // Where nothing was recorded, nothing is trusted, and -Resume begins anew.
        if (directory.HasStaging && !settings.Replaces && (isOther || !settings.Resumes))
        {
            throw new CheckpointException(
                CheckpointErrorIds.ConversionUnfinished,
                directory.Staging,
                DescribeUnfinished(isOther));
        }

        if (!settings.Replaces && journal?.Replaces != true
            && names.Concat(stale).FirstOrDefault(name => directory.Exists(name) && !IsOurs(name, journal)) is { } there)
        {
            throw new CheckpointException(
                CheckpointErrorIds.OutputExists, directory.GetPath(there), "there is such a file already. Name another one, or replace it with -Force.");
        }

        return journal;
    }

    private string DescribeUnfinished(bool isOther)
    {
        const string Other = " It was of other files or with other options.";
        return ConversionCommit.IsHalfDone(directory, plan.Destination)
            ? "an earlier conversion was killed while its files took their places, and the index names files in this directory: do not remove it."
                + (isOther ? $"{Other} Begin anew with -Force." : " Go on with -Resume, or begin anew with -Force.")
            : "an earlier conversion was killed and left this directory."
                + (isOther ? $"{Other} Remove it and begin anew with -Force." : " Go on with -Resume, or remove it and begin anew with -Force.");
    }

    /// <summary>Whether the run that was killed put a file in its place: a shard that it recorded, or the index of them.</summary>
    private bool IsOurs(string name, ConversionJournal? journal) =>
        journal is not null
        && (journal.Find(name) is not null
            || (name == plan.Destination.IndexName && plan.MakeIndex?.Invoke(string.Empty) is { } index && directory.Holds(name, index)));

    private int WriteFiles(ConversionJournal? earlier, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        if (earlier is null && directory.HasStaging)
        {
            directory.RemoveStaging(ConversionJournal.FileName);
        }

        CheckRoom(earlier);
        directory.CreateStaging();
        var journal = earlier ?? new ConversionJournal { Fingerprint = ConversionJournal.GetFingerprint(plan), Replaces = settings.Replaces };
        journal.Write(directory);
        using var reader = new TensorDataReader(plan.Checkpoint) { Kept = new KeptStorages(MaxKept) };
        using var finishing = new ShardFinisher(directory, plan.Files.Count > 1 ? journal : null, cancellationToken);
        long total = plan.Files.Sum(LengthOf) * (settings.Verifies ? 2 : 1);
        long done = 0;
        var complete = plan.Files.Where(file => IsComplete(journal, file, cancellationToken)).ToHashSet();
        foreach (var file in plan.Files)
        {
            if (!complete.Contains(file))
            {
                finishing.Add(file.Name, WriterOf(reader, file, isMoved: false).Write(Advance, cancellationToken));
            }

            done += LengthOf(file);
        }

        finishing.Wait();
        foreach (var file in settings.Verifies ? plan.Files : [])
        {
            // One that was moved to its place before a kill is no longer among those in the making.
            WriterOf(reader, file, isMoved: !directory.IsStaged(file.Name)).Verify(Advance, cancellationToken);
            done += LengthOf(file);
        }

        reader.CheckUnchanged();
        return complete.Count;

        void Advance(long now) => progress?.Report(new VerificationProgress(done + now, total));
    }

    private static long LengthOf(PlannedFile file) => file.Blobs.Sum(blob => blob.Numbers?.StoredByteLength ?? blob.Source.ByteLength);

    private ShardWriter WriterOf(TensorDataReader reader, PlannedFile file, bool isMoved)
    {
        string place = directory.GetPath(file.Name);
        return new ShardWriter(reader, file, isMoved ? place : directory.GetStaged(file.Name), place);
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
        Shard = plan.Shard?.Shard.ToString(),
        SplitCount = plan.Shard?.SplitCount ?? 0,
        EmptyKeys = plan.Shard?.EmptyKeys ?? [],
        ByteLength = plan.ByteLength,
        ResumedCount = resumed,
        Verified = settings.Verifies,
        Duration = clock.Elapsed,
    };
}
