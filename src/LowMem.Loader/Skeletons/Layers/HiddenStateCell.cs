using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>The base of the recurrent cells whose state is one tensor.</summary>
public abstract class HiddenStateCell : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly RecurrentKind kind;
    private readonly long hiddenSize;

    private protected HiddenStateCell(string name, RecurrentKind kind, long inputSize, long hiddenSize, bool hasBias)
        : base(name)
    {
        this.kind = kind;
        this.hiddenSize = hiddenSize;
        foreach (var (parameter, shape) in RecurrentStep.GetParameters(kind, inputSize, hiddenSize, hasBias))
        {
            register_parameter(parameter, MetaTensors.CreateParameter(shape));
        }
    }

    /// <summary>Computes the next state.</summary>
    /// <param name="input">[batch, features].</param>
    /// <param name="state">[batch, hidden]; null for zeros.</param>
    public override Tensor forward(Tensor input, Tensor? state)
    {
        ArgumentNullException.ThrowIfNull(input);
        ForwardPass.EnsureValues(this, input);
        using var scope = NewDisposeScope();
        var step = RecurrentStep.Create(
            kind, name => _internal_params.TryGetValue(name, out var found) ? found : null, suffix: string.Empty);
        var before = state ?? zeros(input.shape[0], hiddenSize, dtype: input.dtype, device: input.device);
        return step.Advance(step.Transform(input), (before, null)).Hidden.MoveToOuterDisposeScope();
    }

    /// <summary>Computes the next state, from a state of zeros.</summary>
    /// <param name="input">[batch, features].</param>
    public Tensor forward(Tensor input) => call(input, null);

    // The base class looks through fields by reflection; everything here is registered when it is made.
    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
    }
}
