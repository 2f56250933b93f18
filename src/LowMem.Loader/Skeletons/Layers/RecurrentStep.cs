using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>One step in time of a recurrent layer: the equations of PyTorch's documentation of LSTM, GRU and RNN.</summary>
/// <param name="Kind">Which equations.</param>
/// <param name="InputWeight">[gates * hidden, input].</param>
/// <param name="HiddenWeight">[gates * hidden, hidden].</param>
/// <param name="InputBias">[gates * hidden], or null.</param>
/// <param name="HiddenBias">[gates * hidden], or null.</param>
/// <param name="Projection">[projection, hidden], or null.</param>
internal sealed record RecurrentStep(
    RecurrentKind Kind, Tensor InputWeight, Tensor HiddenWeight, Tensor? InputBias, Tensor? HiddenBias, Tensor? Projection)
{
    /// <summary>The names and shapes of the parameters of one layer and direction, or of a cell, in PyTorch's order.</summary>
    public static IEnumerable<(string Name, long[] Shape)> GetParameters(
        RecurrentKind kind, long inputSize, long hiddenSize, bool hasBias, long projectionSize = 0, string suffix = "")
    {
        var gates = CountGates(kind) * hiddenSize;
        yield return ($"weight_ih{suffix}", [gates, inputSize]);
        yield return ($"weight_hh{suffix}", [gates, projectionSize > 0 ? projectionSize : hiddenSize]);
        if (hasBias)
        {
            yield return ($"bias_ih{suffix}", [gates]);
            yield return ($"bias_hh{suffix}", [gates]);
        }

        if (projectionSize > 0)
        {
            yield return ($"weight_hr{suffix}", [projectionSize, hiddenSize]);
        }
    }

    /// <summary>Takes the parameters of one layer and direction.</summary>
    /// <param name="kind">Which equations.</param>
    /// <param name="find">A parameter by its name, or null when there is none.</param>
    /// <param name="suffix">The end of the names, such as <c>_l0_reverse</c>; empty for a cell.</param>
    public static RecurrentStep Create(RecurrentKind kind, Func<string, Parameter?> find, string suffix) => new(
        kind,
        find($"weight_ih{suffix}")!,
        find($"weight_hh{suffix}")!,
        find($"bias_ih{suffix}"),
        find($"bias_hh{suffix}"),
        find($"weight_hr{suffix}"));

    /// <summary>What the input adds to the gates, for all steps at once.</summary>
    public Tensor Transform(Tensor input) => nn.functional.linear(input, InputWeight, InputBias);

    /// <summary>Computes the next state.</summary>
    /// <param name="input">What <see cref="Transform"/> gave for this step.</param>
    /// <param name="state">The state before.</param>
    public (Tensor Hidden, Tensor? Cell) Advance(Tensor input, (Tensor Hidden, Tensor? Cell) state)
    {
        var recurrent = nn.functional.linear(state.Hidden, HiddenWeight, HiddenBias);
        switch (Kind)
        {
            case RecurrentKind.Lstm:
                var gates = (input + recurrent).chunk(4, 1);
                var cell = (gates[1].sigmoid() * state.Cell!) + (gates[0].sigmoid() * gates[2].tanh());
                var hidden = gates[3].sigmoid() * cell.tanh();
                return (Projection is null ? hidden : nn.functional.linear(hidden, Projection), cell);

            case RecurrentKind.Gru:
                var fromInput = input.chunk(3, 1);
                var fromHidden = recurrent.chunk(3, 1);
                var reset = (fromInput[0] + fromHidden[0]).sigmoid();
                var update = (fromInput[1] + fromHidden[1]).sigmoid();
                var candidate = (fromInput[2] + (reset * fromHidden[2])).tanh();
                return (candidate + (update * (state.Hidden - candidate)), null);

            default:
                var sum = input + recurrent;
                return (Kind == RecurrentKind.Relu ? sum.relu() : sum.tanh(), null);
        }
    }

    // How many times the hidden size the weights have rows.
    private static long CountGates(RecurrentKind kind) => kind switch
    {
        RecurrentKind.Lstm => 4,
        RecurrentKind.Gru => 3,
        _ => 1,
    };
}
