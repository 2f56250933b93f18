using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification;

/// <summary>Tells what is wrong with the content of a checkpoint, before something is made of it. Reads nothing.</summary>
/// <remarks>Whether it could run code is another question; see <see cref="Checkpoint.UnsafeGlobals"/>.</remarks>
public static class ContentFaults
{
    /// <summary>A file that the checkpoint consists of is not there, is not readable, or is cut off.</summary>
    private static readonly string[] LostFiles = [FindingCodes.ShardMissing, FindingCodes.FileTruncated, CheckpointErrorIds.NotRegularFile];

    /// <summary>Finds every fault.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="isWhole">
    /// Whether all of the checkpoint is wanted, so that what no tensor shows is a fault as well. False when somebody else, such
    /// as a module, says what there has to be.
    /// </param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public static IReadOnlyList<ContentFault> Find(Checkpoint checkpoint, bool isWhole, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var faults = new List<ContentFault>();
        var lost = checkpoint.MissingKeys.ToHashSet(StringComparer.Ordinal);
        var findings = isWhole ? checkpoint.Findings.Concat(StructureCheck.Find(checkpoint, cancellationToken)) : checkpoint.Findings;
        foreach (var finding in findings.Where(IsAboutContent))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (LostFiles.Contains(finding.Code) && finding.Key is null)
            {
                faults.Add(new ContentFault(finding, GetKeysOfLostFiles(checkpoint), IsLoss: true));
            }
            else if (finding.Code == FindingCodes.ShardKeyMissing)
            {
                // The index is wrong about the place when another shard has the key: then nothing is lost.
                if (finding.Key is { } key && lost.Contains(key))
                {
                    faults.Add(new ContentFault(finding, [key], IsLoss: true));
                }
            }
            else
            {
                faults.Add(new ContentFault(finding, finding.Key is { } key ? [key] : null, IsLoss(finding)));
            }
        }

        return faults;
    }

    private static bool IsAboutContent(CheckpointFinding finding) =>
        finding.Severity == FindingSeverity.Error && finding.Code is not (FindingCodes.UnsafeGlobal or FindingCodes.HiddenPickles);

    /// <summary>An index names what its shards hold; a distributed checkpoint lists every tensor, and those at fault as such.</summary>
    private static IReadOnlyCollection<string>? GetKeysOfLostFiles(Checkpoint checkpoint) =>
        checkpoint.IndexFiles.Count > 0 ? checkpoint.MissingKeys
        : checkpoint.Format == CheckpointFormats.Distributed ? []
        : null;

    private static bool IsLoss(CheckpointFinding finding) => finding.Code switch
    {
        FindingCodes.DuplicateKey or FindingCodes.StorageOverlap => false,
        FindingCodes.UnlistedStorage => true,
        _ => finding.Key is not null,
    };
}
