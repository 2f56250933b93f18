using System.Diagnostics;
using LowMem.Checkpoints.IO;

namespace LowMem.Checkpoints.Verification;

/// <summary>Looks at a checkpoint as closely as it is told to, and gives one verdict.</summary>
public static class CheckpointVerifier
{
    /// <summary>
    /// Verifies what is at a path. Broken content gives a verdict that has not passed; what cannot be read at all, so that
    /// nothing can be said about it, is an exception.
    /// </summary>
    /// <param name="path">A file, a <c>*.index.json</c>, or a directory that holds a checkpoint.</param>
    /// <param name="options">What to look at; null for the structure alone.</param>
    /// <param name="progress">Told how far it is, from several threads; or null.</param>
    /// <param name="cancellationToken">Ends the verification early.</param>
    /// <exception cref="CheckpointException">
    /// There is nothing at the path, it may not be read, or it uses something that is not read here.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static CheckpointVerdict Verify(
        string path,
        VerificationOptions? options = null,
        IProgress<VerificationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new VerificationOptions();
        long started = Stopwatch.GetTimestamp();
        using var meter = ReadMeter.Start();
        var findings = new List<CheckpointFinding>();
        string? format = null;
        bool? weightsOnly = null;
        long tensorCount = 0;
        Checkpoint? checkpoint = null;
        try
        {
            checkpoint = Checkpoint.Open(path, cancellationToken);
            format = checkpoint.Format;
            tensorCount = checkpoint.Tensors.Count;
            weightsOnly = checkpoint.WeightsOnly;
            findings.AddRange(checkpoint.Findings.Select(finding => StructureCheck.Judge(checkpoint, finding)));
            findings.AddRange(GlobalCheck.FindUnknown(checkpoint, options.AllowsGlobal));
            findings.AddRange(GlobalCheck.FindWeightsOnly(checkpoint));
            findings.AddRange(StructureCheck.Find(checkpoint, cancellationToken));
            findings.AddRange(CheckData(checkpoint, options, progress, cancellationToken));
            findings.AddRange(options.AdditionalChecks?.Invoke(checkpoint) ?? []);
        }
        catch (CheckpointException exception) when (BrokenContent.IsBroken(exception))
        {
            format ??= BrokenContent.GuessFormat(exception);
            findings.AddRange(BrokenContent.Describe(exception));
        }
        catch (CheckpointException exception) when (options.Signature is not null && BrokenContent.IsNoCheckpoint(exception, path))
        {
            format = CheckpointVerdict.UnknownFormat;
            findings.Add(BrokenContent.DescribeAbsence(exception));
        }

        findings.AddRange(options.Signature?.Check(path, checkpoint, progress, cancellationToken) ?? []);
        return new CheckpointVerdict
        {
            Path = Path.GetFullPath(path),
            Format = format,
            WeightsOnly = weightsOnly,
            Level = options.Level.ToString(),
            Findings = findings,
            TensorCount = tensorCount,
            BytesRead = meter.Bytes,
            Duration = Stopwatch.GetElapsedTime(started),
        };
    }

    /// <summary>Everything that needs the data is read in one go.</summary>
    private static List<CheckpointFinding> CheckData(
        Checkpoint checkpoint,
        VerificationOptions options,
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (options is { Level: VerificationLevel.Structure, Manifest: null })
        {
            return [];
        }

        using var reader = new TensorDataReader(checkpoint);
        ListedFiles.CheckUnchanged(checkpoint, reader);
        var extents = new ScanExtents();
        var hashes = options.Manifest is null ? null : new HashPlan(checkpoint);
        var values = options.Level < VerificationLevel.Values ? null : new ValueCheck(checkpoint, options.AllowsNonFinite);
        var digests = options.Level < VerificationLevel.Checksum ? null : new DigestCheck(checkpoint);
        var checksums = digests is null ? null : new ChecksumCheck(checkpoint, hashes is not null || digests.CoversAll);

        var gathers = values?.Plan(extents) ?? [];
        checksums?.Plan(extents, reader, cancellationToken);
        ScanPool.Run([.. hashes?.Work ?? [], .. digests?.Work ?? [], .. extents.ToWork(), .. gathers], reader, progress, cancellationToken);
        reader.CheckUnchanged();

        List<CheckpointFinding> findings = [.. digests?.Conclude() ?? [], .. checksums?.Conclude(extents) ?? [], .. values?.Conclude() ?? []];
        if (hashes is not null)
        {
            findings.AddRange(new ManifestCheck(options.Manifest!, hashes).Conclude());
        }

        return findings;
    }
}
