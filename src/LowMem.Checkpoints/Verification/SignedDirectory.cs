using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Verification.Signing;

namespace LowMem.Checkpoints.Verification;

/// <summary>
/// A directory that is tested together with its signature. Who trusts the signature trusts all that was signed: so every
/// checkpoint in the directory is looked at, whether or not an index or a name makes it the one that a reader would open.
/// </summary>
internal static class SignedDirectory
{
    /// <summary>One result for the directory: that of its checkpoint, with the findings of all others and of the signature.</summary>
    /// <exception cref="CheckpointException">
    /// The checkpoint cannot be read, or there is not just one to compare with a manifest or module.
    /// </exception>
    public static Inspection Inspect(
        string path,
        VerificationOptions options,
        SignatureCheck signature,
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken)
    {
        string directory = Path.GetFullPath(path);
        var run = signature.Begin(path, options.Location, cancellationToken);
        var finder = new CheckpointFinder();
        var found = finder.Find(directory, cancellationToken).Where(file => !ModelFiles.IsNeverSigned(directory, file)).ToList();
        var main = Open(path, found, options, run, progress, cancellationToken);
        var all = main ?? new Inspection();
        var others = new List<CheckpointFile>();
        var known = all.Files.Select(file => Path.GetFullPath(file.Path)).ToHashSet(StringComparer.Ordinal);
        foreach (string file in found.Where(file => !known.Contains(file)))
        {
            others.AddRange(Add(all, directory, file, options, run, cancellationToken));
        }

        foreach (var error in finder.Errors)
        {
            all.Findings.Add(new CheckpointFinding(FindingSeverity.Error, error.ErrorId, null, null, error.Message));
        }

        if (found.Count == 0 && main is null)
        {
            all.Findings.Add(new CheckpointFinding(
                FindingSeverity.Warning,
                FindingCodes.CheckpointAbsent,
                null,
                null,
                $"only the signature was verified: of {finder.FilesSeen} files, none is a checkpoint"));
        }

        all.Findings.AddRange(run.Conclude(main?.Files ?? [], others, progress, cancellationToken));
        return all;
    }

    /// <summary>The checkpoint that the directory is, or else the only one in it; null when there are none or several.</summary>
    private static Inspection? Open(
        string path,
        List<string> found,
        VerificationOptions options,
        SignatureRun signature,
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken)
    {
        try
        {
            return Inspection.Make(path, options, signature, progress, cancellationToken);
        }
        catch (CheckpointException exception) when (BrokenContent.IsNoCheckpoint(exception, path, options.Location))
        {
            if (found is [var only])
            {
                return Inspection.Make(only, options, signature, progress, cancellationToken);
            }

            if (options.Manifest is not null || options.AdditionalChecks is not null)
            {
                throw;
            }

            return null;
        }
    }

    /// <summary>Adds what is found in one more checkpoint, and gives the files that it consists of.</summary>
    private static IReadOnlyList<CheckpointFile> Add(
        Inspection all, string directory, string file, VerificationOptions options, SignatureRun signature, CancellationToken cancellationToken)
    {
        string name = ModelFiles.Show(ModelFiles.GetRelative(directory, file) ?? file);
        Inspection one;
        try
        {
            // The manifest and the module are for the checkpoint that the directory is.
            one = Inspection.Make(file, options with { Manifest = null, AdditionalChecks = null }, signature, null, cancellationToken);
        }
        catch (CheckpointException exception)
        {
            all.Findings.Add(new CheckpointFinding(
                FindingSeverity.Error, exception.ErrorId, null, exception.Offset, $"in '{name}': {exception.Detail.TrimEnd('.')}"));
            return [];
        }

        all.Findings.AddRange(one.Findings.Select(finding => finding with { Message = $"in '{name}': {finding.Message}" }));
        all.TensorCount += one.TensorCount;
        all.WeightsOnly = all.WeightsOnly is false || one.WeightsOnly is false ? false : all.WeightsOnly ?? one.WeightsOnly;
        return one.Files;
    }
}
