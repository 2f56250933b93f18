using System.Management.Automation;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Verification;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;

namespace LowMem.PowerShell.Commands;

/// <summary>Test-Checkpoint: one verdict for each checkpoint.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Checkpoint", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointVerdict), typeof(bool), typeof(CheckpointPart))]
public sealed class TestCheckpointCommand : VerifyCheckpointCommand
{
    /// <summary>True or false instead of a verdict.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Which part of how many, such as 3/8: only that share is tested, and Join-CheckpointPart makes verdicts of all parts.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PartCompleter))]
    public PartNumber? Part
    {
        get => Share;
        set => Share = value;
    }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Part is not null && Quiet)
        {
            ThrowTerminatingError(ErrorRecords.ParametersExclusive(nameof(Part), nameof(Quiet)));
        }
    }

    /// <inheritdoc/>
    protected override void Conclude(CheckpointVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        WriteObject(Quiet ? verdict.Passed : verdict);
    }

    /// <inheritdoc/>
    protected override void ReportError(ErrorRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (Quiet)
        {
            WriteVerbose(record.ToString());
            WriteObject(false);
        }
        else
        {
            base.ReportError(record);
        }
    }
}
