using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>
/// The verification of one model by a signature that has been looked at: says what is to be read, so that it is read together
/// with what others want, and then what came out.
/// </summary>
internal sealed class SignatureRun
{
    private readonly SignedFiles? files;
    private readonly SignatureFault? fault;
    private readonly string signer = string.Empty;

    /// <summary>The signature counts.</summary>
    public SignatureRun(SignedFiles files, string signer) => (this.files, this.signer) = (files, signer);

    /// <summary>The signature does not count, whatever the files are.</summary>
    public SignatureRun(SignatureFault fault) => this.fault = fault;

    /// <summary>Wants what was signed of the files of a checkpoint.</summary>
    /// <param name="plan">Takes the ranges; its reader has the files.</param>
    /// <param name="hashes">Computes the SHA-256 of files, maybe for others as well.</param>
    /// <param name="checkpoint">The files of the checkpoint, as they were listed.</param>
    public void Plan(BlockPlan plan, FileHashes hashes, IReadOnlyList<CheckpointFile> checkpoint) => files?.Plan(plan, hashes, checkpoint);

    /// <summary>What came out. Reads the files that have not been read with a checkpoint.</summary>
    /// <param name="required">The files of the checkpoint at the path, as they were listed: they have to be among those signed.</param>
    /// <param name="others">The files of other checkpoints in the directory: they may be among those that the signature leaves out.</param>
    /// <param name="progress">Told how far it is, from several threads; or null.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">A file was changed meanwhile.</exception>
    public IReadOnlyList<CheckpointFinding> Conclude(
        IReadOnlyList<CheckpointFile> required,
        IReadOnlyList<CheckpointFile> others,
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (files is null)
        {
            return [new CheckpointFinding(FindingSeverity.Error, fault!.Code, null, null, $"the signature does not count: {fault.Message}")];
        }

        var findings = files.Compare(required, others, progress, cancellationToken);
        return findings.Any(finding => finding.Severity == FindingSeverity.Error)
            ? findings
            : [.. findings, new CheckpointFinding(
                FindingSeverity.Information,
                FindingCodes.SignatureVerified,
                null,
                null,
                $"signed by {signer}; {files.Compared} {(files.Compared == 1 ? "file is" : "files are")} as signed")];
    }
}
