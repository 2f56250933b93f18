using System.Collections.ObjectModel;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>What the cmdlets share that read checkpoints: finding and opening them, and saying what is wrong with them.</summary>
public abstract class CheckpointCommand : LowMemCommand
{
    /// <summary>Says which keys were asked for and are not there, and what was no pattern.</summary>
    private protected void ReportUnmatched(Checkpoint checkpoint, string path, NamePatterns patterns)
    {
        foreach (string key in patterns.Unmatched)
        {
            WriteError(ErrorRecords.KeyNotFound(path, key, checkpoint.Tensors.Select(tensor => tensor.Key)));
        }

        foreach (string pattern in patterns.Invalid)
        {
            WriteError(ErrorRecords.WildcardInvalid(pattern, path));
        }
    }

    /// <summary>Says what is wrong inside a checkpoint that could be listed all the same.</summary>
    /// <returns>Whether nothing is.</returns>
    private protected bool ReportFaults(Checkpoint checkpoint)
    {
        var faults = checkpoint.Findings
            .Where(finding => finding.Severity == FindingSeverity.Error && finding.Code != FindingCodes.UnsafeGlobal)
            .ToList();
        if (faults.Count > 0)
        {
            WriteError(ErrorRecords.OfFindings(checkpoint, faults));
        }

        return faults.Count == 0;
    }

    /// <summary>Whether a text is an address of a server rather than a path.</summary>
    private protected static bool IsAddress(string text) => RemoteNames.IsAddress(text);

    /// <summary>Where a checkpoint is.</summary>
    private protected virtual CheckpointLocation LocationOf(string path) => CheckpointLocation.Local;

    /// <summary>Says what was fetched of servers since this was called last.</summary>
    private protected void WriteLines(RemoteAccess? remote)
    {
        foreach (string line in remote?.TakeLines() ?? [])
        {
            WriteVerbose(line);
        }
    }

    /// <summary>Opens a checkpoint and says what is odd about it.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="location">Where it is, when it is not where its name says.</param>
    protected Checkpoint OpenCheckpoint(string path, CheckpointLocation? location = null)
    {
        var checkpoint = Checkpoint.Open(location ?? LocationOf(path), path, StopToken);
        if (checkpoint.UnsafeGlobals.Count > 0)
        {
            WriteWarning(
                $"{path}: the file names what could run code if PyTorch loaded it: {checkpoint.DescribeUnsafeGlobals()}. "
                + "Nothing was run here. Do not load it with torch.load.");
        }

        foreach (var finding in checkpoint.Findings.Where(finding => finding.Severity == FindingSeverity.Warning))
        {
            WriteWarning($"{path}: {finding.Message}.");
        }

        return checkpoint;
    }

    /// <summary>The checkpoints that a path means: files, directories, and files in archives.</summary>
    /// <param name="path">The path as it was given.</param>
    /// <param name="literal">Whether wildcards mean themselves.</param>
    /// <exception cref="RefusedException">Nothing is there, or it is no path.</exception>
    private protected IReadOnlyList<string> ResolvePath(string path, bool literal) => IsAddress(path)
        ? throw new RefusedException(ErrorRecords.AddressAsPath(path))
        : ArchivePathResolver.Resolve(path, literal, archive => ResolveFile(archive, literal), StopToken) ?? ResolveFile(path, literal);

    private Collection<string> ResolveFile(string path, bool literal) =>
        literal ? [FilePaths.Get(SessionState, path)] : FilePaths.Expand(SessionState, path);
}
