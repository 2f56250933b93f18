using System.Management.Automation;

namespace LowMem.PowerShell.Commands;

/// <summary>
/// Takes TorchSharp modules only. They are told by the name of their base class, because a parameter of that type would
/// load TorchSharp even for those who do not use it.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class ValidateModuleAttribute : ValidateArgumentsAttribute
{
    private const string ModuleType = "TorchSharp.torch+nn+Module";

    /// <inheritdoc/>
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        object? value = arguments is PSObject wrapped ? wrapped.BaseObject : arguments;
        for (var type = value?.GetType(); type is not null; type = type.BaseType)
        {
            if (type.FullName == ModuleType)
            {
                return;
            }
        }

        throw new ValidationMetadataException(
            $"A TorchSharp module is needed, such as New-ModelSkeleton makes, and not a {value?.GetType().Name ?? "null"}.");
    }
}
