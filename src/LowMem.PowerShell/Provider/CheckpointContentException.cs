using System.Management.Automation;

namespace LowMem.PowerShell.Provider;

/// <summary>What goes wrong while content is read; PowerShell takes the record from it.</summary>
/// <param name="record">The error.</param>
internal sealed class CheckpointContentException(ErrorRecord record) : RuntimeException(record.Exception.Message, record.Exception, record);
