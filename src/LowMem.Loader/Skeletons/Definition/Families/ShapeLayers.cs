using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Skeletons.Layers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>Layers without tensors that arrange, enlarge or pass on what goes in.</summary>
internal static class ShapeLayers
{
    public static IEnumerable<LayerKind> All =>
    [
        new("Identity", [], _ => nn.Identity()),
        new("Flatten", [], arguments => nn.Flatten(arguments.Long("start_dim", 1), arguments.Long("end_dim", -1))),
        new("Unflatten", [], arguments => nn.Unflatten(arguments.Long("dim"), arguments.Shape("unflattened_size"))),
        new("PixelShuffle", [], arguments => nn.PixelShuffle(arguments.Long("upscale_factor"))),
        new("PixelUnshuffle", [], arguments => nn.PixelUnshuffle(arguments.Long("downscale_factor"))),
        new("ChannelShuffle", [], arguments => nn.ChannelShuffle(arguments.Long("groups"))),
        new("Upsample", [], arguments => CreateUpsample(arguments, InterpolationMode.Nearest, alignCorners: null)),
        new("UpsamplingNearest2d", [], arguments => CreateUpsample(arguments, InterpolationMode.Nearest, alignCorners: null)),
        new("UpsamplingBilinear2d", [], arguments => CreateUpsample(arguments, InterpolationMode.Bilinear, alignCorners: true)),
        new("Unfold", [], arguments => nn.Unfold(
            Two(arguments, "kernel_size", null), Two(arguments, "dilation", 1), Two(arguments, "padding", 0), Two(arguments, "stride", 1))),
        new("Fold", [], arguments => nn.Fold(
            Two(arguments, "output_size", null),
            Two(arguments, "kernel_size", null),
            Two(arguments, "dilation", 1),
            Two(arguments, "padding", 0),
            Two(arguments, "stride", 1))),

        // They drop whole paths in training, by rules of their own; there is nothing in them.
        new("StochasticDepth", [], CreateOpaque("p", "mode")),
        new("DropPath", ["drop_prob"], CreateOpaque("p", "drop_prob")),
    ];

    // One number stands for every dimension of the input after the first two, and how many those are is seen only then.
    private static FunctionLayer CreateUpsample(LayerArguments arguments, InterpolationMode fallback, bool? alignCorners)
    {
        var size = arguments.Has("size") ? arguments.Shape("size") : null;
        var factors = arguments.FindNumbers("scale_factor");
        var mode = arguments.Choice(
            "mode",
            fallback,
            ("nearest", InterpolationMode.Nearest),
            ("linear", InterpolationMode.Linear),
            ("bilinear", InterpolationMode.Bilinear),
            ("bicubic", InterpolationMode.Bicubic),
            ("trilinear", InterpolationMode.Trilinear),
            ("area", InterpolationMode.Area),
            ("nearest-exact", InterpolationMode.NearestExact));

        // Without an answer libtorch warns that its default has changed; the other modes take none.
        bool? align = mode is InterpolationMode.Nearest or InterpolationMode.Area or InterpolationMode.NearestExact ? null : alignCorners ?? false;
        return new FunctionLayer(arguments.ClassName, input => nn.functional.interpolate(
            input, Spread(size, input.ndim - 2), Spread(factors, input.ndim - 2), mode, align));
    }

    private static T[]? Spread<T>(T[]? values, long dimensions) =>
        values is [var one] ? [.. Enumerable.Repeat(one, (int)dimensions)] : values;

    private static (long, long) Two(LayerArguments arguments, string name, long? fallback)
    {
        var sizes = fallback is { } size ? arguments.FindSizes(name, 2) ?? [size, size] : arguments.Sizes(name, 2);
        return (sizes[0], sizes[1]);
    }

    private static Func<LayerArguments, nn.Module> CreateOpaque(params string[] names) => arguments =>
    {
        arguments.Ignore(names);
        return new ModuleContainer(arguments.ClassName, ForwardKnowledge.Printed);
    };
}
