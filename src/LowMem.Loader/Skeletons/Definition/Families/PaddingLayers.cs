using LowMem.Loader.Skeletons.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>Layers that add a border.</summary>
/// <remarks>
/// All of them are one function with a mode. TorchSharp's classes take tuples of as many sizes as the layer has sides,
/// and there is none for circular padding and for zeros in one or three dimensions.
/// </remarks>
internal static class PaddingLayers
{
    private static readonly string[] Positional = ["padding"];

    private static readonly (string Name, PaddingModes Mode)[] Kinds =
    [
        ("ZeroPad", PaddingModes.Constant),
        ("ConstantPad", PaddingModes.Constant),
        ("ReflectionPad", PaddingModes.Reflect),
        ("ReplicationPad", PaddingModes.Replicate),
        ("CircularPad", PaddingModes.Circular),
    ];

    public static IEnumerable<LayerKind> All =>
        from kind in Kinds
        from dimensions in Enumerable.Range(1, 3)
        select new LayerKind($"{kind.Name}{dimensions}d", Positional, arguments => Create(arguments, dimensions, kind.Mode));

    private static FunctionLayer Create(LayerArguments arguments, int dimensions, PaddingModes mode)
    {
        var padding = arguments.Sizes("padding", 2 * dimensions);
        var value = mode == PaddingModes.Constant ? arguments.Double("value", 0) : 0;
        return new FunctionLayer(arguments.ClassName, input => nn.functional.pad(input, padding, mode, value));
    }
}
