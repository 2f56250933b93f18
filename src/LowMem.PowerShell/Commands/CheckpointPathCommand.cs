using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Checkpoints.IO;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;
using Microsoft.PowerShell.Commands;

namespace LowMem.PowerShell.Commands;

/// <summary>What the cmdlets share that read checkpoints: -Path with wildcards, -LiteralPath without.</summary>
public abstract class CheckpointPathCommand : LowMemCommand
{
    /// <summary>The parameter set of -Path.</summary>
    protected const string PathSet = "Path";

    /// <summary>The parameter set of -LiteralPath.</summary>
    protected const string LiteralPathSet = "LiteralPath";

    /// <summary>Files, shard indexes, directories, or files in archives; wildcards are expanded.</summary>
    [Parameter(
        Mandatory = true,
        Position = 0,
        ParameterSetName = PathSet,
        ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true,
        HelpMessage = "Checkpoint files, *.index.json files, or directories that hold one")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[] Path { get; set; } = [];

    /// <summary>Files, shard indexes, directories, or files in archives, taken as they are.</summary>
    [Parameter(
        Mandatory = true,
        ParameterSetName = LiteralPathSet,
        ValueFromPipelineByPropertyName = true,
        HelpMessage = "Checkpoint files, *.index.json files, or directories that hold one")]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[] LiteralPath { get; set; } = [];

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        bool literal = ParameterSetName.StartsWith(LiteralPathSet, StringComparison.Ordinal);
        foreach (string path in literal ? LiteralPath : Path)
        {
            foreach (string resolved in Resolve(path, literal))
            {
                ForItem(resolved, () => ProcessCheckpoint(resolved));
            }
        }
    }

    /// <summary>Does the cmdlet's work for one file-system path.</summary>
    protected abstract void ProcessCheckpoint(string path);

    /// <summary>Opens a checkpoint and says what is odd about it.</summary>
    protected Checkpoint OpenCheckpoint(string path)
    {
        var checkpoint = Checkpoint.Open(path, StopToken);
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

    private IReadOnlyList<string> Resolve(string path, bool literal)
    {
        try
        {
            if (ResolveInArchive(path, literal) is { } members)
            {
                return members;
            }

            ProviderInfo provider;
            Collection<string> paths = literal
                ? [SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out provider, out _)]
                : GetResolvedProviderPathFromPSPath(path, out provider);
            if (provider.ImplementingType != typeof(FileSystemProvider))
            {
                ReportError(ErrorRecords.NotFileSystem(path, provider.Name));
            }
            else if (paths.Count > 0)
            {
                return paths;
            }
            else
            {
                // A gate that tests models/*.pt must not pass because there are none.
                ReportNotFound(path, ExistsLiterally(path)
                    ? "no file matches this pattern. There is one of this very name: use -LiteralPath."
                    : "no file matches this pattern.");
            }
        }
        catch (ItemNotFoundException exception)
        {
            // In full: whoever reads a log does not know the directory that the path was relative to.
            string full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
            ReportNotFound(full, RegularFile.DescribeLink(full) ?? "there is no such file or directory.", exception);
        }
        catch (Exception exception) when (exception is System.Management.Automation.DriveNotFoundException or ProviderNotFoundException or PSInvalidOperationException)
        {
            ReportNotFound(path, exception.Message, exception);
        }

        return [];
    }

    /// <summary>Paths into archives; null when the path is none.</summary>
    private IReadOnlyList<string>? ResolveInArchive(string path, bool literal)
    {
        if (ArchivePath.FindSeparator(path, 0) < 0)
        {
            return null;
        }

        try
        {
            return ArchivePathResolver.Resolve(path, literal, ResolveArchive, StopToken);
        }
        catch (CheckpointException exception)
        {
            ReportError(ErrorRecords.Of(exception, path));
            return [];
        }

        IEnumerable<string> ResolveArchive(string archive)
        {
            try
            {
                ProviderInfo provider;
                Collection<string> paths = literal
                    ? [SessionState.Path.GetUnresolvedProviderPathFromPSPath(archive, out provider, out _)]
                    : GetResolvedProviderPathFromPSPath(archive, out provider);
                return provider.ImplementingType == typeof(FileSystemProvider) ? paths : [];
            }
            catch (ItemNotFoundException)
            {
                // The separator may be a part of a name: the next one is tried.
                return [];
            }
        }
    }

    private void ReportNotFound(string path, string message, Exception? cause = null) =>
        ReportError(ErrorRecords.Of(new CheckpointException(CheckpointErrorIds.NotFound, path, message, cause), path));

    private bool ExistsLiterally(string path) =>
        System.IO.Path.Exists(SessionState.Path.GetUnresolvedProviderPathFromPSPath(path));
}
