using System.Collections;

namespace LowMem.PowerShell.Completion;

/// <summary>Completes the globals of the checkpoint that -Path or -LiteralPath names, as far as somebody has to trust them.</summary>
public sealed class UnknownGlobalCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> GetNames(IDictionary parameters) =>
        NamedCheckpoints.Open(parameters).SelectMany(checkpoint => checkpoint.UnknownGlobals);
}
