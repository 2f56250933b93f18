using System.Collections;
using LowMem.Checkpoints.Keys;
using LowMem.Loader.Import.Keys;

namespace LowMem.PowerShell.Completion;

/// <summary>
/// Completes the keys of the module to load into. Where there is none yet, they are those of the checkpoint without what
/// stands in front of its state dict.
/// </summary>
public sealed class StateDictKeyCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> GetNames(IDictionary parameters)
    {
        string? given = parameters["Prefix"]?.ToString();
        return parameters["Module"] is { } module
            ? ModuleKeyCompleter.GetKeys(module)
            : NamedCheckpoints.List(parameters).SelectMany(listing =>
            {
                string[] keys = ListedKeys.Of(listing);

                // What is a question for a load is none here: then all keys are offered.
                string prefix = KeyPrefix.Normalize(given ?? StateDictPrefix.Find(keys));
                return keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => key[prefix.Length..]);
            });
    }
}
