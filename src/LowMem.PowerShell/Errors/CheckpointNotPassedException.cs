using System.Management.Automation;
using LowMem.Checkpoints.Verification;

namespace LowMem.PowerShell.Errors;

/// <summary>Checkpoints that were to pass did not. The error's target holds their verdicts.</summary>
/// <remarks>
/// Ends the script, as <c>throw</c> does. What a cmdlet throws by <see cref="Cmdlet.ThrowTerminatingError"/> ends the
/// statement alone: a script would go on to deploy what was refused.
/// </remarks>
public sealed class CheckpointNotPassedException : RuntimeException
{
    private readonly ErrorRecord record;

    internal CheckpointNotPassedException(string message, CheckpointVerdict[] verdicts)
        : base(message)
    {
        Verdicts = verdicts;
        record = new ErrorRecord(this, ErrorIds.NotPassed, ErrorCategory.InvalidResult, verdicts);
        WasThrownFromThrowStatement = true;
    }

    /// <summary>The checkpoints that did not pass, in the order in which they came; none when there was nothing to test.</summary>
    public IReadOnlyList<CheckpointVerdict> Verdicts { get; }

    /// <inheritdoc/>
    public override ErrorRecord ErrorRecord => record;
}
