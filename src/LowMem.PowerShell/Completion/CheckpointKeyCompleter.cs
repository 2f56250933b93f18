using System.Collections;

namespace LowMem.PowerShell.Completion;

/// <summary>Completes the keys of the checkpoint that -Path or -LiteralPath names.</summary>
public sealed class CheckpointKeyCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> GetNames(IDictionary parameters) =>
        NamedCheckpoints.Open(parameters).SelectMany(checkpoint => checkpoint.Tensors).Select(tensor => tensor.Key);
}
