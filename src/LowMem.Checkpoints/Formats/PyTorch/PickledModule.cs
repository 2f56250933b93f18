using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch;

/// <summary>
/// A whole <c>nn.Module</c> that was pickled: its attributes hold <c>_parameters</c>, <c>_buffers</c> and
/// <c>_modules</c>, which is all that its state dict is made of. Its class is not needed.
/// </summary>
internal static class PickledModule
{
    /// <summary>The entries of its state dict, in the order of <c>state_dict()</c>; null when it is no module.</summary>
    public static IEnumerable<(string Name, PickleNode Node)>? TryGetChildren(PickleMapping attributes)
    {
        if (Entries(attributes, "_parameters") is not { } parameters || Entries(attributes, "_modules") is not { } modules)
        {
            return null;
        }

        var buffers = Entries(attributes, "_buffers") ?? [];
        var transient = TransientBuffers(attributes);
        return parameters
            .Concat(buffers.Where(buffer => !transient.Contains(buffer.Name)))
            .Concat(modules)
            .Where(child => child.Node is not PickleScalar);
    }

    private static IEnumerable<(string Name, PickleNode Node)>? Entries(PickleMapping attributes, string name) =>
        attributes.Find(name) is { } node && PythonValues.AsMapping(node) is { } entries
            ? entries.Select(entry => (PythonText.OfKey(entry.Key), entry.Value))
            : null;

    private static HashSet<string> TransientBuffers(PickleMapping attributes)
    {
        var names = attributes.Find("_non_persistent_buffers_set") is { } node ? PythonValues.AsSequence(node) : null;
        return [.. (names ?? []).Select(PythonText.OfKey)];
    }
}
