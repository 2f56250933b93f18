using System.Collections;
using System.Management.Automation;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Takes the records of parts, and the names of files, where PowerShell would take the text that is shown for a path.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PartRecordsAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Unwrap(inputData) switch
    {
        null or string => inputData,
        IList items => items.Cast<object?>().Select(item => item is null ? null : Find(item)).ToArray(),
        _ => Find(inputData),
    };

    private static object Find(object item) => PartInput.Find(PSObject.AsPSObject(item)) ?? (Unwrap(item) is FileInfo file ? file.FullName : item);

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
