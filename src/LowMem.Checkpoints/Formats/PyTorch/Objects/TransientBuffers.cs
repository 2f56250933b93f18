using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>
/// The buffers of pickled modules that <c>state_dict()</c> leaves out, since the module makes them anew: they are not
/// listed, and a finding says so.
/// </summary>
internal sealed class TransientBuffers(TensorLister lister)
{
    private const int MostNamed = 5;

    private readonly HashSet<string> storages = new(StringComparer.Ordinal);
    private readonly List<string> names = [];
    private int count;

    /// <summary>The storages in which they lie.</summary>
    public IReadOnlySet<string> Storages => storages;

    /// <param name="key">The key of the module; null for the root.</param>
    /// <param name="module">The module.</param>
    public void LeaveOut(string? key, PickledModule module)
    {
        foreach (var (name, node) in module.GetTransientBuffers())
        {
            // What is wrong with a tensor that is not listed stops nobody.
            if (lister.TryCreateSound(node) is not { } buffer)
            {
                continue;
            }

            storages.UnionWith(buffer.GetParts().Select(part => part.StorageKey).OfType<string>());
            count++;
            if (names.Count < MostNamed)
            {
                names.Add($"'{DisplayText.Name(key is null ? name : $"{key}.{name}")}'");
            }
        }
    }

    public IEnumerable<CheckpointFinding> GetFindings() => count == 0
        ? []
        : [new CheckpointFinding(
            FindingSeverity.Information,
            FindingCodes.UnlistedStorage,
            null,
            null,
            $"left out, as state_dict() does: {count} {(count == 1 ? "buffer that is" : "buffers that are")} not persistent, "
            + $"{string.Join(", ", names)}{(count > names.Count ? $" and {count - names.Count} more" : string.Empty)}")];
}
