using System.Collections;

namespace LowMem.PowerShell.Completion;

/// <summary>Completes -Prefix with what several keys of the checkpoint have in front of a dot, the shortest first.</summary>
public sealed class CheckpointPrefixCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override bool TakesWildcards => false;

    /// <inheritdoc/>
    protected override IEnumerable<string> GetNames(IDictionary parameters) =>
        NamedCheckpoints.List(parameters)
            .SelectMany(ListedKeys.Of)
            .SelectMany(Prefixes)
            .CountBy(prefix => prefix, StringComparer.Ordinal)
            .Where(prefix => prefix.Value > 1)
            .Select(prefix => prefix.Key)
            .OrderBy(prefix => prefix.Count(character => character == '.'));

    private static IEnumerable<string> Prefixes(string key)
    {
        for (int dot = key.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = key.IndexOf('.', dot + 1))
        {
            yield return key[..dot];
        }
    }
}
