using System.Management.Automation;

namespace LowMem.PowerShell.Errors;

/// <summary>
/// Carries an error through parts of PowerShell that keep the exception of a provider's error and drop the rest, such as Set-Content.
/// </summary>
/// <param name="record">The error.</param>
internal sealed class RecordedException(ErrorRecord record) : RuntimeException(record.Exception.Message, record.Exception, record)
{
    /// <summary>The same error, which stays whole where only its exception is kept.</summary>
    public static ErrorRecord Wrap(ErrorRecord record) =>
        new(new RecordedException(record), record.FullyQualifiedErrorId, record.CategoryInfo.Category, record.TargetObject);
}
