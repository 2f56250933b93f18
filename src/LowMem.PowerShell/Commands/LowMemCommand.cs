using System.Management.Automation;
using LowMem.PowerShell.Errors;

namespace LowMem.PowerShell.Commands;

/// <summary>What all cmdlets share: Ctrl+C as a token, and errors that stop one item and not the pipeline.</summary>
public abstract class LowMemCommand : PSCmdlet, IDisposable
{
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
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Says that one item could not be worked on.</summary>
    /// <param name="record">Why.</param>
    protected virtual void ReportError(ErrorRecord record) => WriteError(record);

    /// <summary>Frees what the cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            cancellation.Dispose();
        }
    }
}
