using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>Pooling layers.</summary>
internal static class PoolingLayers
{
    public static IEnumerable<LayerKind> All =>
    [
        new("MaxPool1d", [], arguments => nn.MaxPool1d(
            Kernel(arguments, 1)[0], Stride(arguments, 1)?[0], Padding(arguments, 1)[0], Dilation(arguments, 1)[0], Ceil(arguments))),
        new("MaxPool2d", [], arguments => nn.MaxPool2d(
            Kernel(arguments, 2), Stride(arguments, 2), Padding(arguments, 2), Dilation(arguments, 2), Ceil(arguments))),
        new("MaxPool3d", [], arguments => nn.MaxPool3d(
            Kernel(arguments, 3), Stride(arguments, 3), Padding(arguments, 3), Dilation(arguments, 3), Ceil(arguments))),
        new("AvgPool1d", [], arguments => nn.AvgPool1d(Kernel(arguments, 1)[0], Stride(arguments, 1)?[0], Padding(arguments, 1)[0])),
        new("AvgPool2d", [], arguments => nn.AvgPool2d(Kernel(arguments, 2), Stride(arguments, 2), Padding(arguments, 2))),
        new("AvgPool3d", [], arguments => nn.AvgPool3d(Kernel(arguments, 3), Stride(arguments, 3), Padding(arguments, 3))),
        new("LPPool1d", [], arguments => nn.LPPool1d(
            arguments.Double("norm_type", 2), Kernel(arguments, 1)[0], Stride(arguments, 1)?[0], Ceil(arguments))),
        new("LPPool2d", [], arguments => nn.LPPool2d(
            arguments.Double("norm_type", 2), Kernel(arguments, 2), Stride(arguments, 2), Ceil(arguments))),
        new("AdaptiveAvgPool1d", [], arguments => CreateAdaptive(arguments, 1, sizes => nn.AdaptiveAvgPool1d(sizes[0]))),
        new("AdaptiveAvgPool2d", [], arguments => CreateAdaptive(arguments, 2, nn.AdaptiveAvgPool2d)),
        new("AdaptiveAvgPool3d", [], arguments => CreateAdaptive(arguments, 3, nn.AdaptiveAvgPool3d)),
        new("AdaptiveMaxPool1d", [], arguments => CreateAdaptive(arguments, 1, sizes => nn.AdaptiveMaxPool1d(sizes[0]))),
        new("AdaptiveMaxPool2d", [], arguments => CreateAdaptive(arguments, 2, nn.AdaptiveMaxPool2d)),

        // TorchSharp calls the function of one dimension: there is nothing that could run.
        new("AdaptiveMaxPool3d", [], arguments => CreateWithout(arguments, "TorchSharp computes this layer in one dimension only")),
        new("MaxUnpool1d", [], arguments => nn.MaxUnpool1d(Kernel(arguments, 1)[0], Stride(arguments, 1)?[0], Padding(arguments, 1)[0])),
        new("MaxUnpool2d", [], arguments => nn.MaxUnpool2d(Kernel(arguments, 2), Stride(arguments, 2), Padding(arguments, 2))),
        new("MaxUnpool3d", [], arguments => nn.MaxUnpool3d(Kernel(arguments, 3), Stride(arguments, 3), Padding(arguments, 3))),
    ];

    private static nn.Module CreateAdaptive(LayerArguments arguments, int dimensions, Func<long[], nn.Module> create)
    {
        // None keeps the size of the input, which TorchSharp's classes cannot be told.
        if (arguments.HasNone("output_size"))
        {
            return CreateWithout(arguments, "an output_size of None keeps that of the input, which TorchSharp's layer cannot do");
        }

        return create(arguments.Sizes("output_size", dimensions));
    }

    private static ModuleContainer CreateWithout(LayerArguments arguments, string reason)
    {
        arguments.Ignore("output_size");
        return new ModuleContainer(arguments.ClassName, ForwardKnowledge.Printed)
        {
            Obstacle = $"'{arguments.ClassName}' has no forward pass here: {reason}. It has no tensors, so the model loads all the same: "
                + "call the modules before and after it yourself, and pool in between.",
        };
    }

    private static long[] Kernel(LayerArguments arguments, int dimensions) => arguments.Sizes("kernel_size", dimensions);

    private static long[]? Stride(LayerArguments arguments, int dimensions) => arguments.FindSizes("stride", dimensions);

    private static long[] Padding(LayerArguments arguments, int dimensions) =>
        arguments.FindSizes("padding", dimensions) ?? new long[dimensions];

    private static long[] Dilation(LayerArguments arguments, int dimensions) =>
        arguments.FindSizes("dilation", dimensions) ?? [.. Enumerable.Repeat(1L, dimensions)];

    private static bool Ceil(LayerArguments arguments) => arguments.Bool("ceil_mode", false);
}
