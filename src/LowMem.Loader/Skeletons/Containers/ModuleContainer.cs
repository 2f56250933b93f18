using LowMem.Checkpoints.Diagnostics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Containers;

/// <summary>A module that has named children and no code of its own: what dictionaries, lists, checkpoints and printed classes become.</summary>
/// <remarks>
/// Where it is known to be a sequence, its forward pass runs the children in order, as PyTorch's <c>Sequential</c> does: when it
/// was put together in code or in a script, and where a printed model says so. Elsewhere the forward pass is an error.
/// </remarks>
public sealed class ModuleContainer : nn.Module<Tensor, Tensor>
{
    /// <summary>Creates a container without children, which runs those that are added in order.</summary>
    public ModuleContainer()
        : this(nameof(ModuleContainer), ForwardKnowledge.Sequence)
    {
    }

    /// <summary>Creates a container that stands for a class of a model.</summary>
    /// <param name="className">The name of the class, for <see cref="nn.Module.GetName"/> and for errors.</param>
    /// <param name="knowledge">What is known of what the class computes.</param>
    internal ModuleContainer(string className, ForwardKnowledge knowledge)
        : base(className)
    {
        Knowledge = knowledge;
    }

    /// <summary>What is known of what it computes.</summary>
    internal ForwardKnowledge Knowledge { get; }

    /// <summary>Whether a user could say that this is a sequence, and nobody has.</summary>
    internal bool CanBeAssumed =>
        Knowledge is ForwardKnowledge.Printed or ForwardKnowledge.List
        && Obstacle is null && !OwnNames.Any() && named_children().Any();

    /// <summary>The names of the tensors that it holds itself.</summary>
    internal IEnumerable<string> OwnNames => _internal_params.Keys.Concat(_internal_buffers.Keys);

    /// <summary>Why this module in particular cannot run, and what to do about it; null when it can, or for the usual reasons.</summary>
    internal string? Obstacle { get; set; }

    /// <summary>A child by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is no child of that name.</exception>
    public nn.Module this[string name] => _internal_submodules.TryGetValue(name, out var child)
        ? child
        : throw new KeyNotFoundException(
            $"There is no module '{DisplayText.Name(name)}' here; there are: {string.Join(", ", _internal_submodules.Keys)}.");

    /// <summary>Adds a child after the others.</summary>
    /// <param name="name">Its name in keys: not empty, without a dot, and not taken.</param>
    /// <param name="module">The child; it may be under another name or in another module as well.</param>
    /// <exception cref="ModelException">The name cannot be used.</exception>
    public void Add(string name, nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(module);
        if (name.Length == 0 || name.Contains('.', StringComparison.Ordinal))
        {
            throw new ModelException(
                ModelErrorIds.SkeletonInvalid,
                $"'{DisplayText.Name(name)}' cannot name a module: keys are joined by dots. Nest a container in a container instead.");
        }

        if (_internal_submodules.ContainsKey(name))
        {
            throw new ModelException(
                ModelErrorIds.SkeletonInvalid, $"There are two modules named '{DisplayText.Name(name)}'. Give each its own name.");
        }

        register_module(name, module);
    }

    /// <summary>Runs the children in order, where that is known to be right: each takes what the one before gave.</summary>
    /// <param name="input">What the first child takes.</param>
    /// <exception cref="ModelException">What to compute is not known, or there are no values to compute with: see the message.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var pass = ForwardPass.Begin(this, input);
        var current = input;
        foreach (var (_, child) in named_children())
        {
            var next = ((nn.IModule<Tensor, Tensor>)child).call(current);
            if (!ReferenceEquals(current, input) && !ReferenceEquals(current, next))
            {
                current.Dispose();
            }

            current = next;
        }

        return ReferenceEquals(current, input) ? input.alias() : current;
    }

    internal nn.Module? FindChild(string name) => _internal_submodules.TryGetValue(name, out var child) ? child : null;

    internal bool HasTensor(string name) => _internal_params.ContainsKey(name) || _internal_buffers.ContainsKey(name);

    internal void AddParameter(string name, Tensor tensor)
    {
        if (tensor is Parameter parameter)
        {
            register_parameter(name, parameter);
        }
        else
        {
            register_buffer(name, tensor);
        }
    }

    // The base class looks through fields by reflection; everything here is registered when it is added.
    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
    }
}
