using System.Management.Automation;
using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.PowerShell.Views;

/// <summary>The figures of a module that its view shows. What goes by several names counts once.</summary>
/// <remarks>Their signatures name no type of TorchSharp: PowerShell looks at them when it loads the types of this module.</remarks>
public static class ModuleFigures
{
    /// <summary>The number of elements of all parameters and buffers.</summary>
    /// <param name="module">The module.</param>
    public static object ParameterCount(PSObject module) =>
        Distinct(module).Sum(parameter => parameter.Shape.Aggregate(1L, (count, size) => checked(count * size)));

    /// <summary>The bytes that they take, or would take on a real device.</summary>
    /// <param name="module">The module.</param>
    public static object ByteLength(PSObject module) => Distinct(module).Sum(parameter => parameter.ByteLength);

    /// <summary>Where they are, such as <c>cpu</c> or <c>cpu, meta</c>.</summary>
    /// <param name="module">The module.</param>
    public static object Device(PSObject module) =>
        string.Join(", ", Distinct(module).Select(parameter => parameter.Device).Distinct().Order(StringComparer.Ordinal));

    private static IEnumerable<ModuleParameter> Distinct(PSObject module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return ModuleTree.GetParameters((nn.Module)module.BaseObject).Where(parameter => parameter.TiedTo is null);
    }
}
