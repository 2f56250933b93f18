using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>Layers that drop values in training.</summary>
internal static class DropoutLayers
{
    public static IEnumerable<LayerKind> All =>
    [
        new("Dropout", [], arguments => nn.Dropout(Part(arguments), InPlace(arguments))),
        new("Dropout1d", [], arguments => nn.Dropout1d(Part(arguments), InPlace(arguments))),
        new("Dropout2d", [], arguments => nn.Dropout2d(Part(arguments), InPlace(arguments))),
        new("Dropout3d", [], arguments => nn.Dropout3d(Part(arguments), InPlace(arguments))),
        new("AlphaDropout", [], arguments => nn.AlphaDropout(Part(arguments), InPlace(arguments))),
        new("FeatureAlphaDropout", [], arguments => nn.FeatureAlphaDropout(Part(arguments), InPlace(arguments))),
    ];

    private static double Part(LayerArguments arguments) => arguments.Part("p", 0.5);

    private static bool InPlace(LayerArguments arguments) => arguments.Bool("inplace", false);
}
