using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch;

/// <summary>
/// A whole <c>nn.Module</c> that was pickled: its attributes hold <c>_parameters</c>, <c>_buffers</c> and
/// <c>_modules</c>, which is all that its state dict is made of. Its class is not needed.
/// </summary>
internal sealed class PickledModule
{
    private static readonly KeyValuePair<PickleNode, PickleNode>[] None = [];

    private readonly IReadOnlyList<KeyValuePair<PickleNode, PickleNode>> parameters;
    private readonly IReadOnlyList<KeyValuePair<PickleNode, PickleNode>> buffers;
    private readonly IReadOnlyList<KeyValuePair<PickleNode, PickleNode>> modules;
    private readonly IReadOnlyList<PickleNode> transient;

    private PickledModule(
        IReadOnlyList<KeyValuePair<PickleNode, PickleNode>> parameters,
        IReadOnlyList<KeyValuePair<PickleNode, PickleNode>> modules,
        PickleMapping attributes)
    {
        this.parameters = parameters;
        this.modules = modules;
        buffers = Entries(attributes, "_buffers") ?? None;
        transient = attributes.Find("_non_persistent_buffers_set") is { } node ? PythonValues.AsSequence(node) ?? [] : [];
    }

    /// <summary>How many entries listing it looks at; modules may share the dicts that hold them.</summary>
    public long StepCount => (long)parameters.Count + buffers.Count + modules.Count + transient.Count;

    /// <summary>Null when the attributes are not those of a module.</summary>
    public static PickledModule? TryCreate(PickleMapping attributes) =>
        Entries(attributes, "_parameters") is { } parameters && Entries(attributes, "_modules") is { } modules
            ? new PickledModule(parameters, modules, attributes)
            : null;

    /// <summary>The entries of its state dict, in the order of <c>state_dict()</c>.</summary>
    public IEnumerable<(string Name, PickleNode Node)> GetChildren()
    {
        HashSet<string> left = [.. transient.Select(PythonText.OfKey)];
        return Named(parameters)
            .Concat(Named(buffers).Where(buffer => !left.Contains(buffer.Name)))
            .Concat(Named(modules))
            .Where(child => child.Node is not PickleScalar);
    }

    /// <summary>The buffers that <c>state_dict()</c> leaves out.</summary>
    public IEnumerable<PickleNode> GetTransientBuffers()
    {
        HashSet<string> left = [.. transient.Select(PythonText.OfKey)];
        return Named(buffers).Where(buffer => left.Contains(buffer.Name)).Select(buffer => buffer.Node);
    }

    private static IEnumerable<(string Name, PickleNode Node)> Named(
        IReadOnlyList<KeyValuePair<PickleNode, PickleNode>> entries) =>
        entries.Select(entry => (PythonText.OfKey(entry.Key), entry.Value));

    private static IReadOnlyList<KeyValuePair<PickleNode, PickleNode>>? Entries(PickleMapping attributes, string name) =>
        attributes.Find(name) is { } node ? PythonValues.AsMapping(node) : null;
}
