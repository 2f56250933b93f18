using System.Collections;
using System.Management.Automation;

namespace LowMem.PowerShell.Pipeline;

/// <summary>
/// Keeps PowerShell from turning any object that comes down the pipeline into text: a file goes to the parameter that
/// takes its path.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TextOnlyAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is not string && value is not (IEnumerable and not IDictionary))
        {
            // The engine takes this one cause, and no other, as "not for this parameter" and looks for the next.
            throw new ArgumentTransformationMetadataException(
                $"A text was expected, not a {value?.GetType().Name ?? "null"}.",
                new PSInvalidCastException($"A {value?.GetType().Name ?? "null"} is not taken for the text of a model."));
        }

        return inputData;
    }
}
