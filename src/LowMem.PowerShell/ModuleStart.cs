using System.Management.Automation;
using LowMem.Loader.Native;

namespace LowMem.PowerShell;

/// <summary>What importing the module does besides making its commands known.</summary>
public sealed class ModuleStart : IModuleAssemblyInitializer
{
    /// <summary>Makes <c>[TorchSharp.torch]</c> a type from the start. libtorch is not loaded before it is used.</summary>
    public void OnImport() => TorchSharpAssembly.Prepare();
}
