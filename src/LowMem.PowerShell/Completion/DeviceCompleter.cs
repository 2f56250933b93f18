using System.Collections;

namespace LowMem.PowerShell.Completion;

/// <summary>Completes the names of devices. Which of them there are is known only once libtorch is loaded.</summary>
public sealed class DeviceCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override bool TakesWildcards => false;

    /// <inheritdoc/>
    protected override IEnumerable<string> GetNames(IDictionary parameters) => ["cpu", "cuda", "mps"];
}
