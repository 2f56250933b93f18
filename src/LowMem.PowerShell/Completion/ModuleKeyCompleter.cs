using System.Collections;
using System.Management.Automation;
using LowMem.Loader;
using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.PowerShell.Completion;

/// <summary>Completes the keys of the module that -Module names, as far as it is a variable.</summary>
public sealed class ModuleKeyCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> GetNames(IDictionary parameters) => GetKeys(parameters["Module"]);

    /// <summary>The keys of a module; none of anything else.</summary>
    internal static IEnumerable<string> GetKeys(object? module)
    {
        try
        {
            return (module is PSObject wrapped ? wrapped.BaseObject : module) is nn.Module known
                ? ModuleTree.GetParameters(known).Select(parameter => parameter.Key)
                : [];
        }
        catch (ModelException)
        {
            return [];
        }
    }
}
