using System.Diagnostics;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Sources;

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
        var (inspection, bytesRead) = Inspect(path, options, progress, cancellationToken);
        return new CheckpointVerdict
        {
            Path = NameOf(path, options.Location),
            Format = inspection.Format,
            WeightsOnly = inspection.WeightsOnly,
            Level = options.Level.ToString(),
            Findings = inspection.Findings,
            TensorCount = inspection.TensorCount,
            BytesRead = bytesRead,
            Duration = Stopwatch.GetElapsedTime(started),
        };
    }

    /// <summary>The full name of what is tested.</summary>
    internal static string NameOf(string path, CheckpointLocation location) =>
        ArchivePath.TryParse(path, location)?.ToString() ?? location.GetFullName(path);

    /// <summary>Looks at what is at a path, and counts the bytes that were read for it.</summary>
    /// <inheritdoc cref="Verify"/>
    internal static (Inspection Inspection, long BytesRead) Inspect(
        string path, VerificationOptions options, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        var meter = new ReadMeter();
        options = options with { Location = options.Location.With(meter) };
        var inspection = options.Signature is not null && options.Location.IsListed && options.Location.DirectoryExists(path)
            ? SignedDirectory.Inspect(path, options, options.Signature, progress, cancellationToken)
            : InspectFile(path, options, progress, cancellationToken);
        return (inspection, meter.Bytes);
    }

    private static Inspection InspectFile(
        string path, VerificationOptions options, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        var signature = options.Signature?.Begin(ArchivePath.TryParse(path, options.Location)?.File ?? path, options.Location, cancellationToken);
        var inspection = Inspection.Make(path, options, signature, progress, cancellationToken);
        inspection.Findings.AddRange(signature?.Conclude(inspection.Files, [], progress, cancellationToken) ?? []);
        return inspection;
    }
}
