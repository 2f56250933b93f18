using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>One step of long short-term memory, with PyTorch's names of parameters.</summary>
public sealed class LSTMCell : nn.Module<Tensor, (Tensor Hidden, Tensor Cell)?, (Tensor Hidden, Tensor Cell)>
{
    private readonly long hiddenSize;

    internal LSTMCell(long inputSize, long hiddenSize, bool hasBias)
        : base(nameof(LSTMCell))
    {
        this.hiddenSize = hiddenSize;
        foreach (var (name, shape) in RecurrentStep.GetParameters(RecurrentKind.Lstm, inputSize, hiddenSize, hasBias))
        {
            register_parameter(name, MetaTensors.CreateParameter(shape));
        }
    }

    /// <summary>Computes the next states.</summary>
    /// <param name="input">[batch, features].</param>
    /// <param name="state">Hidden and cell state, [batch, hidden]; null for zeros.</param>
    public override (Tensor Hidden, Tensor Cell) forward(Tensor input, (Tensor Hidden, Tensor Cell)? state)
    {
        ArgumentNullException.ThrowIfNull(input);
        ForwardPass.EnsureValues(this, input);
        using var scope = NewDisposeScope();
        var step = RecurrentStep.Create(
            RecurrentKind.Lstm, name => _internal_params.TryGetValue(name, out var found) ? found : null, suffix: string.Empty);
        var zero = zeros(input.shape[0], hiddenSize, dtype: input.dtype, device: input.device);
        var (hidden, cell) = step.Advance(step.Transform(input), (state?.Hidden ?? zero, state?.Cell ?? zero));
        return (hidden.MoveToOuterDisposeScope(), cell!.MoveToOuterDisposeScope());
    }

    /// <summary>Computes the next states, from states of zeros.</summary>
    /// <param name="input">[batch, features].</param>
    public (Tensor Hidden, Tensor Cell) forward(Tensor input) => call(input, null);

    // The base class looks through fields by reflection; everything here is registered when it is made.
    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
    }
}
