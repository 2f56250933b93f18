using System.Collections;
using LowMem.Checkpoints.Sharding;

namespace LowMem.PowerShell.Completion;

/// <summary>Completes the names of ready rules for -ShardRule.</summary>
public sealed class ShardRuleCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override bool TakesWildcards => false;

    /// <inheritdoc/>
    protected override IEnumerable<string> GetNames(IDictionary parameters) => ReadyShardRules.Names;
}
