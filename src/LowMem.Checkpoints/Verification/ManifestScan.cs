using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Division;

namespace LowMem.Checkpoints.Verification;

/// <summary>What was hashed for a manifest: all of it, or the share of one part.</summary>
/// <param name="Files">The files in order.</param>
/// <param name="Tensors">The tensors in order.</param>
/// <param name="Share">What was read.</param>
internal sealed record ManifestScan(
    IReadOnlyList<HashPlan.Hashed<ManifestFile>> Files, IReadOnlyList<HashPlan.Hashed<ManifestTensor>> Tensors, PlanShare Share)
{
    /// <summary>Reads and hashes.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="divide">What of the plan is read here.</param>
    /// <param name="progress">Told how far it is, from several threads; or null.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">The checkpoint is broken, or was changed after it was opened.</exception>
    public static ManifestScan Run(
        Checkpoint checkpoint, Func<BlockPlan, PlanShare> divide, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        if (checkpoint.Findings.FirstOrDefault(IsFault) is { } fault)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                checkpoint.Path,
                $"a manifest of a broken checkpoint would vouch for the fault: {fault.Message}.")
            {
                Offset = fault.Offset,
            };
        }

        using var reader = new TensorDataReader(checkpoint);
        ListedFiles.CheckUnchanged(checkpoint, reader);
        var plan = new BlockPlan(reader);
        var hashes = new HashPlan(checkpoint, plan, new FileHashes(plan));
        var share = divide(plan);
        BlockPass.Run(plan, VerificationProgress.ToAction(progress), cancellationToken);
        reader.CheckUnchanged();
        return new ManifestScan([.. hashes.GetFiles(share)], [.. hashes.GetTensors(share)], share);
    }

    /// <summary>That code could run does not make the tensors other than they are.</summary>
    private static bool IsFault(CheckpointFinding finding) =>
        finding.Severity == FindingSeverity.Error && finding.Code != FindingCodes.UnsafeGlobal;
}
