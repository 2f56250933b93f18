using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Verification;
using LowMem.PowerShell.Errors;

namespace LowMem.PowerShell.Commands;

/// <summary>Assert-Checkpoint: nothing when all checkpoints pass, one terminating error with all findings when not.</summary>
[Cmdlet(VerbsLifecycle.Assert, "Checkpoint", DefaultParameterSetName = PathSet)]
[OutputType(typeof(string))]
public sealed class AssertCheckpointCommand : VerifyCheckpointCommand
{
    private readonly List<string> passed = [];
    private readonly List<CheckpointVerdict> failed = [];

    /// <summary>Writes the path of each checkpoint once all have passed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // A pipeline that brought nothing is no proof of anything.
        if (failed.Count > 0 || passed.Count == 0)
        {
            throw ErrorRecords.NotPassed(failed, passed.Count);
        }

        if (PassThru)
        {
            // Not before the last one is known: what takes the paths acts on them at once.
            passed.ForEach(WriteObject);
        }
    }

    /// <inheritdoc/>
    protected override void Conclude(CheckpointVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        if (verdict.Passed)
        {
            passed.Add(verdict.Path);
        }
        else
        {
            failed.Add(verdict);
        }
    }

    /// <summary>What cannot be tested has not passed; the error is its finding.</summary>
    protected override void ReportError(ErrorRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        string path = record.TargetObject as string ?? string.Empty;
        string message = record.Exception is CheckpointException error ? error.Detail : record.Exception.Message;
        failed.Add(new CheckpointVerdict
        {
            Path = path,
            Format = CheckpointVerdict.UnknownFormat,
            Level = Level.ToString(),
            Findings = [new CheckpointFinding(FindingSeverity.Error, record.FullyQualifiedErrorId, null, null, message.TrimEnd('.'))],
            TensorCount = 0,
            BytesRead = 0,
            Duration = TimeSpan.Zero,
        });
    }
}
