using LowMem.Loader.Skeletons.Layers;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>Recurrent layers and their cells.</summary>
internal static class RecurrentLayers
{
    // A number in the text must not become a loop without end.
    private const int MaximumLayers = 10_000;

    private static readonly string[] Positional = ["input_size", "hidden_size"];

    public static IEnumerable<LayerKind> All =>
    [
        new("LSTM", Positional, arguments => new LSTM(CreateStack(arguments, RecurrentKind.Lstm))),
        new("GRU", Positional, arguments => new GRU(CreateStack(arguments, RecurrentKind.Gru))),

        // PyTorch does not print which function an RNN applies: it is tanh unless the model says otherwise.
        new("RNN", Positional, arguments => new RNN(CreateStack(arguments, GetFunction(arguments)))),
        new("LSTMCell", Positional, arguments =>
            new LSTMCell(arguments.Long("input_size"), arguments.Long("hidden_size"), arguments.Bool("bias", true))),
        new("GRUCell", Positional, arguments =>
            new GRUCell(arguments.Long("input_size"), arguments.Long("hidden_size"), arguments.Bool("bias", true))),
        new("RNNCell", Positional, CreateCell),
    ];

    private static RNNCell CreateCell(LayerArguments arguments) => new RNNCell(
        arguments.Long("input_size"),
        arguments.Long("hidden_size"),
        arguments.Bool("bias", true),
        GetFunction(arguments) == RecurrentKind.Relu);

    private static RecurrentStack CreateStack(LayerArguments arguments, RecurrentKind kind)
    {
        var layers = arguments.Long("num_layers", 1);
        if (layers is < 1 or > MaximumLayers)
        {
            throw arguments.Invalid($"num_layers of '{arguments.ClassName}' is {layers}; 1 to {MaximumLayers} are taken.");
        }

        return new RecurrentStack(
            kind,
            arguments.Long("input_size"),
            arguments.Long("hidden_size"),
            layers,
            arguments.Bool("bias", true),
            arguments.Bool("batch_first", false),
            arguments.Part("dropout", 0),
            arguments.Bool("bidirectional", false),
            arguments.Long("proj_size", 0));
    }

    private static RecurrentKind GetFunction(LayerArguments arguments) => arguments.Choice(
        "nonlinearity", RecurrentKind.Tanh, ("tanh", RecurrentKind.Tanh), ("relu", RecurrentKind.Relu));
}
