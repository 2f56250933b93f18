using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>
/// A whole <c>nn.Module</c> that was pickled: its attributes hold <c>_parameters</c>, <c>_buffers</c> and
/// <c>_modules</c>, which is all that its state dict is made of. Its class is not needed.
/// </summary>
internal sealed class PickledModule
{
    private const string Parameters = "_parameters";
    private const string Buffers = "_buffers";
    private const string Modules = "_modules";
    private const string Transient = "_non_persistent_buffers_set";

    private static readonly PickleMapping None = new();

    /// <summary>Attributes that quantised modules put into their state dict beside parameters and buffers (<c>_save_to_state_dict</c>).</summary>
    private static readonly Dictionary<string, string> SavedAttributes = new(StringComparer.Ordinal)
    {
        ["LinearPackedParams"] = "_packed_params",
        ["EmbeddingPackedParams"] = "_packed_weight",
        ["PackedParameter"] = "param",
    };

    private readonly PickleMapping attributes;
    private readonly PickleMapping? slots;
    private readonly PickleMapping parameters;
    private readonly PickleMapping buffers;
    private readonly PickleMapping modules;
    private readonly IReadOnlyList<PickleNode> transient;
    private readonly string? saved;

    private PickledModule(string? saved, PickleMapping attributes, PickleMapping? slots, PickleMapping parameters, PickleMapping modules)
    {
        this.saved = saved;
        this.attributes = attributes;
        this.slots = slots;
        this.parameters = parameters;
        this.modules = modules;
        buffers = Dict(attributes, Buffers) ?? None;
        transient = attributes.Find(Transient) is { } node ? PythonValues.AsSequence(node) ?? [] : [];
    }

    /// <summary>How many entries listing it looks at; modules may share the dicts that hold them.</summary>
    public long StepCount => (long)parameters.Count + buffers.Count + modules.Count + transient.Count + attributes.Count;

    /// <summary>Null when the object has not the attributes of a module.</summary>
    public static PickledModule? TryCreate(PickleObject made)
    {
        var (attributes, slots) = PythonValues.AsAttributes(made.State) ?? (null, null);
        if (attributes is null && made.CallableName is { } name && IsGraphModule(name))
        {
            attributes = made.ArgumentList.OfType<PickleMapping>().FirstOrDefault();
        }

        return attributes is not null
            && Dict(attributes, Parameters) is { } parameters
            && Dict(attributes, Modules) is { } modules
                ? new PickledModule(FindSaved(made.CallableName), attributes, slots, parameters, modules)
                : null;
    }

    /// <summary>The entries of its state dict, in the order of <c>state_dict()</c>.</summary>
    public IEnumerable<(string Name, PickleNode Node)> GetChildren()
    {
        var left = TransientNames();
        return DictKeys.Of(parameters)
            .Concat(DictKeys.Of(buffers).Where(buffer => !left.Contains(buffer.Name)))
            .Concat(DictKeys.Of(modules))
            .Concat(saved is null ? [] : DictKeys.Of(attributes).Where(attribute => attribute.Name == saved))
            .Where(child => child.Node is not PickleScalar);
    }

    /// <summary>The buffers that <c>state_dict()</c> leaves out.</summary>
    public IEnumerable<(string Name, PickleNode Node)> GetTransientBuffers()
    {
        var left = TransientNames();
        return left.Count == 0 ? [] : DictKeys.Of(buffers).Where(buffer => left.Contains(buffer.Name));
    }

    /// <summary>The other attributes that may hold tensors: a list of them, packed parameters, a cache.</summary>
    public IEnumerable<(string Name, PickleNode Node)> GetAttributes() => DictKeys.Of(attributes)
        .Where(attribute => attribute.Name is not (Parameters or Buffers or Modules or Transient) && attribute.Name != saved)
        .Concat(slots is null ? [] : DictKeys.Of(slots))
        .Where(attribute => ObjectParts.MayHoldTensors(attribute.Node));

    private HashSet<string> TransientNames() => [.. transient.Select(PythonText.OfKey)];

    private static string? FindSaved(string? name) =>
        name is { Length: <= RebuildArguments.LongestName }
        && name.StartsWith("torch.", StringComparison.Ordinal)
        && name.Contains(".quantized.", StringComparison.Ordinal)
            ? SavedAttributes.GetValueOrDefault(name[(name.LastIndexOf('.') + 1)..])
            : null;

    /// <summary>The module that <c>torch.fx</c> makes of a graph is made anew from its attributes.</summary>
    private static bool IsGraphModule(string name) =>
        name is "torch.fx.graph_module.reduce_graph_module"
            or "torch.fx.graph_module.reduce_package_graph_module"
            or "torch.fx.graph_module.reduce_deploy_graph_module";

    private static PickleMapping? Dict(PickleMapping attributes, string name) =>
        attributes.Find(name) is { } node ? PythonValues.AsDict(node) : null;
}
