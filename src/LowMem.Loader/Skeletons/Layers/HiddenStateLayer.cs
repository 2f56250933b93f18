using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>The base of the recurrent layers whose state is one tensor.</summary>
public abstract class HiddenStateLayer : nn.Module<Tensor, Tensor?, (Tensor Output, Tensor Hidden)>
{
    private readonly RecurrentStack layers;

    private protected HiddenStateLayer(string name, RecurrentStack layers)
        : base(name)
    {
        this.layers = layers;
        foreach (var (parameter, shape) in layers.GetParameters())
        {
            register_parameter(parameter, MetaTensors.CreateParameter(shape));
        }
    }

    /// <summary>Runs a sequence, from the given state.</summary>
    /// <param name="input">[time, batch, features], or with the batch first, or without a batch.</param>
    /// <param name="state">The states of all layers and directions; null for zeros.</param>
    /// <returns>The output of the last layer for each step, and the last states.</returns>
    public override (Tensor Output, Tensor Hidden) forward(Tensor input, Tensor? state)
    {
        ArgumentNullException.ThrowIfNull(input);
        ForwardPass.EnsureValues(this, input);
        var (output, hidden, _) = layers.Run(
            input, state, cell: null, name => _internal_params.TryGetValue(name, out var found) ? found : null, training);
        return (output, hidden);
    }

    /// <summary>Runs a sequence, from a state of zeros.</summary>
    /// <param name="input">[time, batch, features], or with the batch first, or without a batch.</param>
    public (Tensor Output, Tensor Hidden) forward(Tensor input) => call(input, null);

    // The base class looks through fields by reflection; everything here is registered when it is made.
    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
    }
}
