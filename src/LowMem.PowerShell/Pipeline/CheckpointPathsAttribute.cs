using System.Collections;
using System.Management.Automation;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Takes the paths that objects name, where PowerShell would make a pattern of their text.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class CheckpointPathsAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        bool Exists(string path) => IsFile(engineIntrinsics, path);
        return value switch
        {
            null or string or string[] or IConvertible => inputData,
            IList items => items.Cast<object?>().All(item => item is not null)
                ? items.Cast<object>().Select(item => item as string ?? ObjectPath.Find(item, Exists) ?? item.ToString()!).ToArray()
                : inputData,
            _ => ObjectPath.Find(inputData, Exists) is { } path
                ? new[] { path }
                // The engine takes this one cause, and no other, as "not for this parameter" and looks for the next.
                : throw new ArgumentTransformationMetadataException(
                    $"A path was expected, and a {value.GetType().Name} names none. Other arguments have a parameter's name before them, such as -Module.",
                    new PSInvalidCastException($"A {value.GetType().Name} is not taken for a path.")),
        };
    }

    private static bool IsFile(EngineIntrinsics engine, string path)
    {
        try
        {
            return Path.Exists(engine.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path));
        }
        catch (Exception exception) when (exception is RuntimeException or NotSupportedException or ArgumentException)
        {
            return false;
        }
    }
}
