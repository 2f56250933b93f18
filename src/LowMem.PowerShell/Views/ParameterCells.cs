using System.Management.Automation;
using LowMem.Loader.Modules;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a parameter in the order of a CSV file, its shape with a text that can be read.</summary>
public static class ParameterCells
{
    /// <summary><see cref="ModuleParameter.Key"/>.</summary>
    /// <param name="parameter">A <see cref="ModuleParameter"/>.</param>
    public static object Key(PSObject parameter) => CellItems.Of<ModuleParameter>(parameter).Key;

    /// <summary><see cref="ModuleParameter.Name"/>.</summary>
    /// <param name="parameter">A <see cref="ModuleParameter"/>.</param>
    public static object Name(PSObject parameter) => CellItems.Of<ModuleParameter>(parameter).Name;

    /// <summary><see cref="ModuleParameter.ModulePath"/>.</summary>
    /// <param name="parameter">A <see cref="ModuleParameter"/>.</param>
    public static object ModulePath(PSObject parameter) => CellItems.Of<ModuleParameter>(parameter).ModulePath;

    /// <summary><see cref="ModuleParameter.ModuleType"/>.</summary>
    /// <param name="parameter">A <see cref="ModuleParameter"/>.</param>
    public static object ModuleType(PSObject parameter) => CellItems.Of<ModuleParameter>(parameter).ModuleType;

    /// <summary><see cref="ModuleParameter.Shape"/>, as text <c>10x2</c>.</summary>
    /// <param name="parameter">A <see cref="ModuleParameter"/>.</param>
    public static object Shape(PSObject parameter) => ReadableValue.Shape(CellItems.Of<ModuleParameter>(parameter).Shape);

    /// <summary>The live submodule that owns it.</summary>
    /// <param name="parameter">A <see cref="ModuleParameter"/>.</param>
    public static object Module(PSObject parameter) => CellItems.Of<ModuleParameter>(parameter).GetModule();
}
