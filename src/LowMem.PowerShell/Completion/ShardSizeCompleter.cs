using System.Collections;

namespace LowMem.PowerShell.Completion;

/// <summary>Completes sizes of shards with those that people use, in PowerShell's units of 1024.</summary>
public sealed class ShardSizeCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override bool TakesWildcards => false;

    /// <inheritdoc/>
    protected override IEnumerable<string> GetNames(IDictionary parameters) => ["1GB", "2GB", "5GB", "10GB", "50GB"];
}
