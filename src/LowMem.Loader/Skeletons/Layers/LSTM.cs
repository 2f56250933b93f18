using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>Layers of long short-term memory, with PyTorch's names of parameters.</summary>
public sealed class LSTM : nn.Module<Tensor, (Tensor Hidden, Tensor Cell)?, (Tensor Output, Tensor Hidden, Tensor Cell)>
{
    private readonly RecurrentStack layers;

    internal LSTM(RecurrentStack layers)
        : base(nameof(LSTM))
    {
        this.layers = layers;
        foreach (var (name, shape) in layers.GetParameters())
        {
            register_parameter(name, MetaTensors.CreateParameter(shape));
        }
    }

    /// <summary>Runs a sequence, from the given states.</summary>
    /// <param name="input">[time, batch, features], or with the batch first, or without a batch.</param>
    /// <param name="state">Hidden and cell states of all layers and directions; null for zeros.</param>
    /// <returns>The output of the last layer for each step, and the last states.</returns>
    public override (Tensor Output, Tensor Hidden, Tensor Cell) forward(Tensor input, (Tensor Hidden, Tensor Cell)? state)
    {
        ArgumentNullException.ThrowIfNull(input);
        ForwardPass.EnsureValues(this, input);
        var (output, hidden, cell) = layers.Run(
            input, state?.Hidden, state?.Cell, name => _internal_params.TryGetValue(name, out var found) ? found : null, training);
        return (output, hidden, cell!);
    }

    /// <summary>Runs a sequence, from states of zeros.</summary>
    /// <param name="input">[time, batch, features], or with the batch first, or without a batch.</param>
    public (Tensor Output, Tensor Hidden, Tensor Cell) forward(Tensor input) => call(input, null);

    // The base class looks through fields by reflection; everything here is registered when it is made.
    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
    }
}
