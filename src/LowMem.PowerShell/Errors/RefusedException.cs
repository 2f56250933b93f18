using System.Management.Automation;

namespace LowMem.PowerShell.Errors;

/// <summary>What was asked for cannot be done; the record says why. It ends the work on one item.</summary>
/// <param name="record">The error that is written for the item.</param>
internal sealed class RefusedException(ErrorRecord record) : Exception(record.Exception.Message, record.Exception)
{
    /// <summary>The error that is written for the item.</summary>
    public ErrorRecord Record { get; } = record;
}
