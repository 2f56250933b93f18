using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>The base of the layers here that take one tensor and give one.</summary>
/// <remarks>
/// Tensors are registered when they are made and asked for by name when they are used: moving the module to another
/// type puts other objects in their place.
/// </remarks>
public abstract class OwnLayer : nn.Module<Tensor, Tensor>
{
    /// <summary>Creates the layer without tensors.</summary>
    /// <param name="name">The name of its class, as PyTorch prints it.</param>
    private protected OwnLayer(string name)
        : base(name)
    {
    }

    // The base class looks through fields by reflection; everything here is registered when it is made.
    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
    }

    private protected void AddParameter(string name, params ReadOnlySpan<long> shape) =>
        register_parameter(name, MetaTensors.CreateParameter(shape));

    private protected Parameter? FindParameter(string name) =>
        _internal_params.TryGetValue(name, out var parameter) ? parameter : null;

    private protected Tensor GetBuffer(string name) => _internal_buffers[name].Item1;
}
