using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>What all cmdlets share: Ctrl+C as a token, and errors that stop one item and not the pipeline.</summary>
public abstract class LowMemCommand : PSCmdlet, IDisposable
{
    private const int MaxNamed = 20;

    private readonly CancellationTokenSource cancellation = new();

    /// <summary>Cancelled when the pipeline is stopped.</summary>
    protected CancellationToken StopToken => cancellation.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => cancellation.Cancel();

    /// <summary>Does the work for one item; what goes wrong with it is written as an error and the rest goes on.</summary>
    /// <param name="target">What the error is about.</param>
    /// <param name="work">The work.</param>
    protected void ForItem(object? target, Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            work();
        }
        catch (Exception exception) when (ErrorRecords.IsExpected(exception))
        {
            ReportError(ErrorRecords.Of(exception, target));
        }
        catch (RefusedException refusal)
        {
            ReportError(refusal.Record);
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>A path of the file system in full, whether or not there is something.</summary>
    /// <param name="path">The path as it was given.</param>
    protected string GetFilePath(string path) => FilePaths.Get(SessionState, path);

    /// <summary>The full path of a file or directory that is to be written.</summary>
    /// <param name="path">The path as it was given.</param>
    /// <exception cref="RefusedException">The path is none, or the system allows no such name.</exception>
    protected string ResolveOutput(string path)
    {
        string full = System.IO.Path.GetFullPath(GetFilePath(path));
        try
        {
            OutputName.Require(full);
        }
        catch (CheckpointException exception)
        {
            throw new RefusedException(ErrorRecords.Of(exception, path));
        }

        return full;
    }

    /// <summary>Says that one item could not be worked on.</summary>
    /// <param name="record">Why.</param>
    protected virtual void ReportError(ErrorRecord record) => WriteError(record);

    // What a cmdlet writes for people goes through one gate, whatever it was made of.

    /// <summary>Writes an error whose category names its target without what a terminal would obey.</summary>
    /// <param name="record">The error; its message is harmless already.</param>
    protected new void WriteError(ErrorRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        record.CategoryInfo.TargetName = DisplayText.Line(record.CategoryInfo.TargetName);
        NoteError(record);
        base.WriteError(record);
    }

    /// <summary>Told of each error before it is written.</summary>
    /// <param name="record">The error.</param>
    private protected virtual void NoteError(ErrorRecord record)
    {
    }

    /// <summary>Ends the command with an error whose category names its target without what a terminal would obey.</summary>
    /// <param name="record">The error; its message is harmless already.</param>
    [DoesNotReturn]
    protected new void ThrowTerminatingError(ErrorRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        record.CategoryInfo.TargetName = DisplayText.Line(record.CategoryInfo.TargetName);
        base.ThrowTerminatingError(record);
        throw new PipelineStoppedException();
    }

    /// <summary>Writes a warning without what a terminal would obey.</summary>
    /// <param name="text">One line.</param>
    protected new void WriteWarning(string text) => base.WriteWarning(DisplayText.Line(text));

    /// <summary>Writes a verbose message without what a terminal would obey.</summary>
    /// <param name="text">One line.</param>
    protected new void WriteVerbose(string text) => base.WriteVerbose(DisplayText.Line(text));

    /// <summary>Asks before something is changed, without what a terminal would obey.</summary>
    /// <param name="target">What is changed.</param>
    /// <param name="action">How.</param>
    protected new bool ShouldProcess(string target, string action) =>
        base.ShouldProcess(DisplayText.Line(target), DisplayText.Line(action));

    /// <summary>Warns of what is missing from a checkpoint of which the rest was taken.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="faults">What is wrong with it; nothing is written when there is nothing.</param>
    /// <param name="missing">The keys that are not there.</param>
    internal void WarnOfLoss(string path, IReadOnlyCollection<CheckpointFinding> faults, IReadOnlyCollection<string> missing)
    {
        foreach (var fault in faults.Take(MaxNamed))
        {
            WriteWarning($"{path}: {fault.Message}.");
        }

        if (faults.Count > MaxNamed)
        {
            WriteWarning($"{path}: and {faults.Count - MaxNamed} more faults.");
        }

        if (faults.Count > 0 && missing.Count > 0)
        {
            WriteWarning($"Missing from the checkpoint: {DisplayText.Names(missing, MaxNamed)}.");
        }
    }

    /// <summary>Frees what the cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            cancellation.Dispose();
        }
    }
}
