using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>The tensors and the time loop that LSTM, GRU and RNN share.</summary>
/// <remarks>
/// TorchSharp's own classes make and fill all their weights when they are created, and have no proj_size; these are on
/// meta from the first moment.
/// </remarks>
/// <param name="Kind">What a step computes.</param>
/// <param name="InputSize">The number of features that go in.</param>
/// <param name="HiddenSize">The number of features of the state.</param>
/// <param name="Layers">How many layers are stacked.</param>
/// <param name="HasBias">Whether the layers have biases.</param>
/// <param name="BatchFirst">Whether the first dimension of input and output is the batch, and not the time.</param>
/// <param name="Dropout">The part of the values that is dropped between layers in training.</param>
/// <param name="Bidirectional">Whether every layer runs backwards in time, too.</param>
/// <param name="ProjectionSize">The size that an LSTM projects its output to; 0 for no projection.</param>
internal sealed record RecurrentStack(
    RecurrentKind Kind,
    long InputSize,
    long HiddenSize,
    long Layers,
    bool HasBias,
    bool BatchFirst,
    double Dropout,
    bool Bidirectional,
    long ProjectionSize)
{
    private int Directions => Bidirectional ? 2 : 1;

    private long OutputSize => ProjectionSize > 0 ? ProjectionSize : HiddenSize;

    /// <summary>The names and shapes of all parameters, in PyTorch's order.</summary>
    public IEnumerable<(string Name, long[] Shape)> GetParameters() =>
        from layer in Enumerable.Range(0, (int)Layers)
        from direction in Enumerable.Range(0, Directions)
        from parameter in RecurrentStep.GetParameters(
            Kind,
            layer == 0 ? InputSize : OutputSize * Directions,
            HiddenSize,
            HasBias,
            ProjectionSize,
            GetSuffix(layer, direction))
        select parameter;

    /// <summary>Runs a sequence through all layers.</summary>
    /// <param name="input">[time, batch, features], [batch, time, features], or [time, features].</param>
    /// <param name="hidden">The first states, [layers * directions, batch, features]; null for zeros.</param>
    /// <param name="cell">The first cell states of an LSTM; null for zeros.</param>
    /// <param name="find">A parameter by its name, or null when there is none.</param>
    /// <param name="training">Whether values are dropped between layers.</param>
    public (Tensor Output, Tensor Hidden, Tensor? Cell) Run(
        Tensor input, Tensor? hidden, Tensor? cell, Func<string, Parameter?> find, bool training)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.ndim is not (2 or 3) || input.shape[^1] != InputSize)
        {
            throw new ArgumentException(
                $"expected two or three dimensions, the last of size {InputSize}, but got [{string.Join(", ", input.shape)}]", nameof(input));
        }

        using var scope = NewDisposeScope();
        var isBatched = input.ndim == 3;
        var current = !isBatched ? input.unsqueeze(1) : BatchFirst ? input.transpose(0, 1) : input;
        var hiddens = new List<Tensor>();
        var cells = new List<Tensor>();
        for (var layer = 0; layer < Layers; layer++)
        {
            if (layer > 0 && training && Dropout > 0)
            {
                current = nn.functional.dropout(current, Dropout, training: true);
            }

            var outputs = new List<Tensor>();
            for (var direction = 0; direction < Directions; direction++)
            {
                var index = (layer * Directions) + direction;
                var step = RecurrentStep.Create(Kind, find, GetSuffix(layer, direction));
                var first = (Select(hidden, index, isBatched) ?? Zeros(current, OutputSize),
                    Kind == RecurrentKind.Lstm ? Select(cell, index, isBatched) ?? Zeros(current, HiddenSize) : null);
                var (output, last, lastCell) = RunDirection(step, current, first, isReverse: direction == 1);
                outputs.Add(output);
                hiddens.Add(last);
                if (lastCell is not null)
                {
                    cells.Add(lastCell);
                }
            }

            current = outputs.Count == 1 ? outputs[0] : cat(outputs, -1);
        }

        var result = !isBatched ? current.squeeze(1) : BatchFirst ? current.transpose(0, 1) : current;
        return (
            result.MoveToOuterDisposeScope(),
            Join(hiddens).MoveToOuterDisposeScope(),
            cells.Count > 0 ? Join(cells).MoveToOuterDisposeScope() : null);

        Tensor Join(List<Tensor> states) => isBatched ? stack(states) : stack(states).squeeze(1);
    }

    private static (Tensor Output, Tensor Hidden, Tensor? Cell) RunDirection(
        RecurrentStep step, Tensor input, (Tensor Hidden, Tensor? Cell) state, bool isReverse)
    {
        var length = input.shape[0];
        var inputs = step.Transform(input);
        var outputs = new Tensor[length];
        for (var i = 0L; i < length; i++)
        {
            var time = isReverse ? length - 1 - i : i;
            state = step.Advance(inputs[time], state);
            outputs[time] = state.Hidden;
        }

        return (stack(outputs), state.Hidden, state.Cell);
    }

    private static Tensor? Select(Tensor? states, int index, bool isBatched) =>
        states is null ? null : isBatched ? states[index] : states[index].unsqueeze(0);

    private static Tensor Zeros(Tensor like, long size) => zeros(like.shape[1], size, dtype: like.dtype, device: like.device);

    private static string GetSuffix(int layer, int direction) => $"_l{layer}{(direction == 1 ? "_reverse" : string.Empty)}";
}
