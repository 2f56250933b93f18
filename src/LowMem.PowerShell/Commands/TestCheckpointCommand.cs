using System.Management.Automation;
using LowMem.Checkpoints.Verification;

namespace LowMem.PowerShell.Commands;

/// <summary>Test-Checkpoint: one verdict for each checkpoint.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Checkpoint", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointVerdict), typeof(bool))]
public sealed class TestCheckpointCommand : VerifyCheckpointCommand
{
    /// <summary>True or false instead of a verdict.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

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
