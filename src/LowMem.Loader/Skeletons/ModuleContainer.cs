using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons;

/// <summary>A module that has named children and no code of its own: what dictionaries, lists, checkpoints and printed classes become.</summary>
/// <remarks>Its forward pass runs the children in order, as PyTorch's <c>Sequential</c> does.</remarks>
public sealed class ModuleContainer : nn.Module<Tensor, Tensor>
{
    // A class of which only the name is known: without children it is no container, and what it computes is not known.
    private readonly bool isOpaque;

    /// <summary>Creates a container without children.</summary>
    public ModuleContainer()
        : this(nameof(ModuleContainer), isOpaque: false)
    {
    }

    /// <summary>Creates a container that stands for a class of a model.</summary>
    /// <param name="className">The name of the class, for <see cref="nn.Module.GetName"/> and for errors.</param>
    /// <param name="isOpaque">True when nothing but the name is known of what the class computes.</param>
    internal ModuleContainer(string className, bool isOpaque)
        : base(className)
    {
        this.isOpaque = isOpaque;
    }

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

    /// <summary>Runs the children in order: each takes what the one before gave.</summary>
    /// <param name="input">What the first child takes.</param>
    /// <exception cref="ModelException">What to compute is not known: see the message.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        EnsureRunnable();
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

    private void EnsureRunnable()
    {
        if (Obstacle is not null)
        {
            throw new ModelException(ModelErrorIds.ModuleUnsupported, Obstacle);
        }

        var own = _internal_params.Keys.Concat(_internal_buffers.Keys).ToArray();
        if (own.Length > 0)
        {
            throw new ModelException(
                ModelErrorIds.ModuleUnsupported,
                $"This module ({GetName()}) holds {string.Join(", ", own.Take(5))}, but not the code that computes with them: "
                + "a checkpoint or a printed model has no code. Build the skeleton from the modules of the model to run it.");
        }

        if (isOpaque && _internal_submodules.Count == 0)
        {
            throw new ModelException(
                ModelErrorIds.ModuleUnsupported,
                $"Nothing but the name of '{GetName()}' is known, so it cannot run. Call the modules around it yourself, or "
                + "build the skeleton from the modules of the model.");
        }

        foreach (var (name, child) in named_children())
        {
            if (child is not nn.IModule<Tensor, Tensor>)
            {
                throw new ModelException(
                    ModelErrorIds.ModuleUnsupported,
                    $"The module '{DisplayText.Name(name)}' ({child.GetType().Name}) does not take one tensor and give one tensor, so it cannot "
                    + "run in sequence. Call the modules yourself, or write a module class with a forward of its own.");
            }
        }
    }
}
