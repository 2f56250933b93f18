using LowMem.Loader.Skeletons.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>Convolutions and transposed convolutions of one to three dimensions.</summary>
internal static class ConvolutionLayers
{
    private static readonly string[] Positional = ["in_channels", "out_channels"];

    public static IEnumerable<LayerKind> All =>
    [
        new("Conv1d", Positional, CreateConv1d),
        new("Conv2d", Positional, CreateConv2d),
        new("Conv3d", Positional, CreateConv3d),
        new("ConvTranspose1d", Positional, CreateTranspose1d),
        new("ConvTranspose2d", Positional, CreateTranspose2d),
        new("ConvTranspose3d", Positional, CreateTranspose3d),
    ];

    private static Conv1d CreateConv1d(LayerArguments arguments)
    {
        var layer = new Window(arguments, 1);
        return layer.PaddingWord is { } word
            ? nn.Conv1d(layer.In, layer.Out, layer.Kernel[0], word, layer.Stride[0], layer.Dilation[0], layer.Mode, layer.Groups, layer.Bias)
            : nn.Conv1d(
                layer.In, layer.Out, layer.Kernel[0], layer.Stride[0], layer.Padding[0], layer.Dilation[0], layer.Mode, layer.Groups, layer.Bias);
    }

    private static Conv2d CreateConv2d(LayerArguments arguments)
    {
        var layer = new Window(arguments, 2);
        return layer.PaddingWord is { } word
            ? nn.Conv2d(layer.In, layer.Out, Two(layer.Kernel), word, Two(layer.Stride), Two(layer.Dilation), layer.Mode, layer.Groups, layer.Bias)
            : nn.Conv2d(
                layer.In,
                layer.Out,
                Two(layer.Kernel),
                Two(layer.Stride),
                Two(layer.Padding),
                Two(layer.Dilation),
                layer.Mode,
                layer.Groups,
                layer.Bias);
    }

    private static Conv3d CreateConv3d(LayerArguments arguments)
    {
        var layer = new Window(arguments, 3);
        return layer.PaddingWord is { } word
            ? nn.Conv3d(
                layer.In, layer.Out, Three(layer.Kernel), word, Three(layer.Stride), Three(layer.Dilation), layer.Mode, layer.Groups, layer.Bias)
            : nn.Conv3d(
                layer.In,
                layer.Out,
                Three(layer.Kernel),
                Three(layer.Stride),
                Three(layer.Padding),
                Three(layer.Dilation),
                layer.Mode,
                layer.Groups,
                layer.Bias);
    }

    private static ConvTranspose1d CreateTranspose1d(LayerArguments arguments)
    {
        var layer = new Window(arguments, 1);
        return nn.ConvTranspose1d(
            layer.In,
            layer.Out,
            layer.Kernel[0],
            layer.Stride[0],
            layer.Padding[0],
            GetOutputPadding(arguments, 1)[0],
            layer.Dilation[0],
            layer.Mode,
            layer.Groups,
            layer.Bias);
    }

    private static nn.Module CreateTranspose2d(LayerArguments arguments) => CreateTranspose(
        arguments,
        2,
        (layer, outputPadding) => nn.ConvTranspose2d(
            layer.In,
            layer.Out,
            Two(layer.Kernel),
            Two(layer.Stride),
            Two(layer.Padding),
            Two(outputPadding),
            Two(layer.Dilation),
            layer.Mode,
            layer.Groups,
            layer.Bias),
        (layer, outputPadding) => (input, weight, bias) => nn.functional.conv_transpose2d(
            input, weight, bias, layer.Stride, layer.Padding, outputPadding, layer.Dilation, layer.Groups));

    private static nn.Module CreateTranspose3d(LayerArguments arguments) => CreateTranspose(
        arguments,
        3,
        (layer, outputPadding) => nn.ConvTranspose3d(
            layer.In,
            layer.Out,
            Three(layer.Kernel),
            Three(layer.Stride),
            Three(layer.Padding),
            Three(outputPadding),
            Three(layer.Dilation),
            layer.Mode,
            layer.Groups,
            layer.Bias),
        (layer, outputPadding) => (input, weight, bias) => nn.functional.conv_transpose3d(
            input, weight, bias, layer.Stride, layer.Padding, outputPadding, layer.Dilation, layer.Groups));

    // TorchSharp's own layers pad every dimension like the first.
    private static nn.Module CreateTranspose(
        LayerArguments arguments,
        int dimensions,
        Func<Window, long[], nn.Module> createEven,
        Func<Window, long[], Func<Tensor, Tensor, Tensor?, Tensor>> createConvolution)
    {
        var layer = new Window(arguments, dimensions);
        var outputPadding = GetOutputPadding(arguments, dimensions);
        return outputPadding.Distinct().Count() == 1
            ? createEven(layer, outputPadding)
            : new UnevenConvTranspose(
                arguments.ClassName,
                [layer.In, layer.Out / layer.Groups, .. layer.Kernel],
                layer.Bias ? layer.Out : null,
                createConvolution(layer, outputPadding));
    }

    private static long[] GetOutputPadding(LayerArguments arguments, int dimensions) =>
        arguments.FindSizes("output_padding", dimensions) ?? new long[dimensions];

    private static (long, long) Two(long[] sizes) => (sizes[0], sizes[1]);

    private static (long, long, long) Three(long[] sizes) => (sizes[0], sizes[1], sizes[2]);

    // What all of them print.
    private sealed class Window
    {
        public Window(LayerArguments arguments, int dimensions)
        {
            In = arguments.Long("in_channels");
            Out = arguments.Long("out_channels");
            Kernel = arguments.Sizes("kernel_size", dimensions);
            Stride = arguments.FindSizes("stride", dimensions) ?? [.. Enumerable.Repeat(1L, dimensions)];
            Dilation = arguments.FindSizes("dilation", dimensions) ?? [.. Enumerable.Repeat(1L, dimensions)];
            Groups = arguments.Divisor("groups", 1, "in_channels", "out_channels");
            Bias = arguments.Bool("bias", true);
            Mode = arguments.Choice(
                "padding_mode",
                PaddingModes.Zeros,
                ("zeros", PaddingModes.Zeros),
                ("reflect", PaddingModes.Reflect),
                ("replicate", PaddingModes.Replicate),
                ("circular", PaddingModes.Circular));
            PaddingWord = arguments.IsWord("padding")
                ? arguments.Choice("padding", TorchSharp.Padding.Valid, ("same", TorchSharp.Padding.Same), ("valid", TorchSharp.Padding.Valid))
                : null;
            Padding = PaddingWord is null ? arguments.FindSizes("padding", dimensions) ?? new long[dimensions] : [];
        }

        public long In { get; }

        public long Out { get; }

        public long[] Kernel { get; }

        public long[] Stride { get; }

        public long[] Dilation { get; }

        public long[] Padding { get; }

        public Padding? PaddingWord { get; }

        public PaddingModes Mode { get; }

        public long Groups { get; }

        public bool Bias { get; }
    }
}
