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

    /// <summary>With -Part, of distributed checkpoints: tests the files that are here; those that are not are in other parts.</summary>
    [Parameter]
    public SwitchParameter LocalPieces { get; set; }

    /// <inheritdoc/>
    private protected override bool IsByPlace => LocalPieces;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (LocalPieces && Part is null)
        {
            ThrowTerminatingError(ErrorRecords.ParameterMissing(nameof(LocalPieces), nameof(Part)));
        }

        // These need all pieces of a tensor, or all files, in one place.
        string? whole = Level == VerificationLevel.Values ? $"{nameof(Level)} {Level}"
            : Manifest is not null ? nameof(Manifest)
            : Module is not null ? nameof(Module)
            : Signature is not null ? nameof(Signature)
            : null;
        if (LocalPieces && whole is not null)
        {
            ThrowTerminatingError(ErrorRecords.ParametersExclusive(nameof(LocalPieces), whole));
        }

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
