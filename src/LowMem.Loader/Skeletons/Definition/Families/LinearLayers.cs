using LowMem.Loader.Skeletons.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>Layers that multiply by a matrix.</summary>
internal static class LinearLayers
{
    public static IEnumerable<LayerKind> All =>
    [
        new("Linear", [], CreateLinear),

        // The linear layer inside of attention, by its names in new and old versions of PyTorch.
        new("NonDynamicallyQuantizableLinear", [], CreateLinear),
        new("_LinearWithBias", [], CreateLinear),
        new("Bilinear", [], arguments => nn.Bilinear(
            arguments.Long("in1_features"),
            arguments.Long("in2_features"),
            arguments.Long("out_features"),
            arguments.Bool("bias", true))),
        new("Conv1D", [], CreateConv1D),
    ];

    private static Linear CreateLinear(LayerArguments arguments) =>
        nn.Linear(arguments.Long("in_features"), arguments.Long("out_features"), arguments.Bool("bias", true));

    private static Conv1D CreateConv1D(LayerArguments arguments)
    {
        if (!arguments.IsEmpty)
        {
            return new Conv1D(arguments.Long("nx"), arguments.Long("nf"));
        }

        // Versions of transformers up to 4.43 do not print the sizes.
        return arguments.RequireShape("weight") is [var inFeatures, var outFeatures]
            ? new Conv1D(inFeatures, outFeatures)
            : throw arguments.Invalid("the weight of a Conv1D has two dimensions; that in the checkpoint has not.");
    }
}
