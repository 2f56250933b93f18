using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Management.Automation.Provider;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Exploring;
using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Sources;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Provider;

/// <summary>A checkpoint as a drive: modules are containers, tensors and values are leaves. Nothing of it can be changed, and nothing in it is run.</summary>
[CmdletProvider(ProviderName, ProviderCapabilities.Filter | ProviderCapabilities.ExpandWildcards)]
public sealed partial class CheckpointProvider : NavigationCmdletProvider, IContentCmdletProvider, IDynamicPropertyCmdletProvider, IDisposable
{
    private const string ProviderName = "Checkpoint";

    private readonly CancellationTokenSource cancellation = new();

    /// <inheritdoc/>
    public void Dispose() => cancellation.Dispose();

    /// <inheritdoc/>
    protected override void StopProcessing() => cancellation.Cancel();

    /// <inheritdoc/>
    protected override object NewDriveDynamicParameters() => new CheckpointDriveParameters();

    /// <inheritdoc/>
    protected override PSDriveInfo? NewDrive(PSDriveInfo drive)
    {
        ArgumentNullException.ThrowIfNull(drive);
        RemoteAccess? remote = null;
        try
        {
            var arguments = (DynamicParameters as CheckpointDriveParameters ?? new CheckpointDriveParameters()).ToArguments();
            string name;
            var location = CheckpointLocation.Local;
            if (RemoteNames.IsAddress(drive.Root))
            {
                remote = new RemoteAccess(arguments, readsAll: false, CancellationToken.None);
                name = remote.Add(drive.Root);
                location = remote.Find(name);
            }
            else
            {
                name = FindFile(drive.Root);
            }

            var listing = ListingCache.Shared.Get(location, name, cancellation.Token);
            Tell(listing, name);
            return new CheckpointDrive(drive, name, listing, remote);
        }
        catch (Exception exception) when (ToRecord(exception, drive.Name) is { } record)
        {
            remote?.Dispose();
            WriteError(record);
            return null;
        }
    }

    /// <inheritdoc/>
    protected override PSDriveInfo RemoveDrive(PSDriveInfo drive)
    {
        (drive as CheckpointDrive)?.Dispose();
        return drive;
    }

    /// <inheritdoc/>
    protected override bool IsValidPath(string path) => !string.IsNullOrEmpty(path);

    /// <inheritdoc/>
    protected override bool ItemExists(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return Find(path) is not null;
        }
        catch (CheckpointException exception)
        {
            // PowerShell takes an exception here for "no such path", which would hide what is wrong. What comes next says it.
            string[] parts = DrivePath.Split(path);
            if (FindDrive(parts) is not { } drive)
            {
                return false;
            }

            if (drive.IsNews(exception))
            {
                WriteWarning(DisplayText.Line(exception.Message));
            }

            return CheckpointPlace.Find(drive.LastListing.Tree, parts.Skip(drive.RootParts.Count)) is not null;
        }
        catch (OperationCanceledException) when (Stopping)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <inheritdoc/>
    protected override bool IsItemContainer(string path) => Guard(path, () => Find(path)?.Place.Kind == PlaceKind.Module);

    /// <inheritdoc/>
    protected override bool HasChildItems(string path) => Guard(path, () => Find(path)?.Place.GetChildren().Any() == true);

    /// <inheritdoc/>
    protected override string GetChildName(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return DrivePath.GetLast(path);
    }

    /// <inheritdoc/>
    protected override string GetParentPath(string path, string root)
    {
        ArgumentNullException.ThrowIfNull(path);
        return DrivePath.GetParent(path, root);
    }

    private string FindFile(string root)
    {
        string path = ArchivePathResolver.Resolve(root, literal: true, file => [FilePaths.Get(SessionState, file)], cancellation.Token)?[0]
            ?? FilePaths.Get(SessionState, root);
        return ArchivePath.GetFullPath(path);
    }

    /// <summary>Says what is odd about a checkpoint, as the cmdlets do.</summary>
    private void Tell(CheckpointListing listing, string name)
    {
        var checkpoint = listing.Checkpoint;
        if (checkpoint.UnsafeGlobals.Count > 0)
        {
            WriteWarning(DisplayText.Line(
                $"{name}: the file names what could run code if PyTorch loaded it: {checkpoint.DescribeUnsafeGlobals()}. "
                + "Nothing was run here. Do not load it with torch.load."));
        }

        foreach (var finding in checkpoint.Findings.Where(finding => finding.Severity == FindingSeverity.Warning))
        {
            WriteWarning(DisplayText.Line($"{name}: {finding.Message}."));
        }

        var faults = checkpoint.Findings
            .Where(finding => finding.Severity == FindingSeverity.Error && finding.Code != FindingCodes.UnsafeGlobal)
            .ToList();
        if (faults.Count > 0)
        {
            WriteError(ErrorRecords.OfFindings(checkpoint, faults));
        }
    }

    /// <summary>Finds what a path leads to; null when there is nothing.</summary>
    private FoundPlace? Find(string path)
    {
        string[] parts = DrivePath.Split(path);
        if (FindDrive(parts) is { } drive)
        {
            var listing = drive.GetListing(Force.IsPresent, cancellation.Token);
            return CheckpointPlace.Find(listing.Tree, parts.Skip(drive.RootParts.Count)) is { } place ? new FoundPlace(listing, drive.Root, place) : null;
        }

        return FindWithoutDrive(parts);
    }

    private CheckpointDrive? FindDrive(string[] parts)
    {
        bool IsIn(CheckpointDrive drive) => parts.AsSpan().StartsWith(drive.RootParts as string[]);
        return PSDriveInfo is CheckpointDrive current && IsIn(current)
            ? current
            : ProviderInfo.Drives.OfType<CheckpointDrive>().Where(IsIn).MaxBy(drive => drive.RootParts.Count);
    }

    /// <summary>A path that names its provider needs no drive, as where a parallel pipeline is handed one.</summary>
    private FoundPlace? FindWithoutDrive(string[] parts)
    {
        int count = 0;
        for (int i = 1; i <= parts.Length && DrivePath.ToFileName(parts.Take(i)) is { } name; i++)
        {
            if (CheckpointLocation.Local.FileExists(name))
            {
                count = i;
                break;
            }

            count = CheckpointLocation.Local.DirectoryExists(name) ? i : count;
        }

        if (count == 0)
        {
            return null;
        }

        string file = DrivePath.ToFileName(parts.Take(count))!;
        var listing = ListingCache.Shared.Get(file, cancellation.Token);
        return CheckpointPlace.Find(listing.Tree, parts.Skip(count)) is { } place ? new FoundPlace(listing, DrivePath.OfRoot(file), place) : null;
    }

    /// <summary>Does something of which what goes wrong ends the command for this path.</summary>
    private T Guard<T>(string path, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return work();
        }
        catch (Exception exception) when (ToRecord(exception, path) is { } record)
        {
            ThrowTerminatingError(RecordedException.Wrap(record));
            throw;
        }
        catch (OperationCanceledException) when (Stopping)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Does something of which what goes wrong is an error of its own, and the rest goes on.</summary>
    private void ForItem(string path, Action<FoundPlace> work)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            work(Find(path) ?? throw new RefusedException(ErrorRecords.ItemNotFound(path)));
        }
        catch (Exception exception) when (ToRecord(exception, path) is { } record)
        {
            WriteError(record);
        }
        catch (OperationCanceledException) when (Stopping)
        {
            throw new PipelineStoppedException();
        }
    }

    private static ErrorRecord? ToRecord(Exception exception, string path) => exception switch
    {
        RefusedException refusal => refusal.Record,
        _ when ErrorRecords.IsExpected(exception) => ErrorRecords.Of(exception, path),
        _ => null,
    };

    /// <param name="Listing">What is in the checkpoint.</param>
    /// <param name="Root">The path of its root.</param>
    /// <param name="Place">The place in it.</param>
    [SuppressMessage("Performance", "CA1812:Avoid uninstantiated internal classes", Justification = "It is made above.")]
    private sealed record FoundPlace(CheckpointListing Listing, string Root, CheckpointPlace Place)
    {
        public string Path => DrivePath.Of(Root, Place);
    }
}
