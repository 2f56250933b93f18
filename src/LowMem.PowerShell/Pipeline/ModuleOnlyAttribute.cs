using System.Management.Automation;

namespace LowMem.PowerShell.Pipeline;

/// <summary>
/// Takes TorchSharp modules only. They are told by the name of their base class, because a parameter of that type would
/// load TorchSharp even for those who do not use it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ModuleOnlyAttribute : ArgumentTransformationAttribute
{
    private const string ModuleType = "TorchSharp.torch+nn+Module";

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        for (var type = value?.GetType(); type is not null; type = type.BaseType)
        {
            if (type.FullName == ModuleType)
            {
                return inputData;
            }
        }

        // The engine takes this one cause, and no other, as "not for this parameter" and looks for the next.
        string message = $"A TorchSharp module is needed, such as New-ModelSkeleton makes, and not a {value?.GetType().Name ?? "null"}.";
        return value is null ? inputData : throw new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }
}
