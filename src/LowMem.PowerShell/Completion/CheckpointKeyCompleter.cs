using System.Collections;

namespace LowMem.PowerShell.Completion;

/// <summary>Completes the keys of the checkpoint that -Path, -LiteralPath or -Uri names.</summary>
public sealed class CheckpointKeyCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<string> GetNames(IDictionary parameters) => GetCandidates(parameters).Select(candidate => candidate.Name);

    /// <inheritdoc/>
    protected override IEnumerable<CompletionCandidate> GetCandidates(IDictionary parameters)
    {
        foreach (var listing in NamedCheckpoints.List(parameters))
        {
            string[] keys = ListedKeys.Of(listing);
            for (int i = 0; i < keys.Length; i++)
            {
                yield return new CompletionCandidate(keys[i], listing.Checkpoint.Tensors, i);
            }
        }
    }
}
