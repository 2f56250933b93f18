using LowMem.Loader.Skeletons.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>Activation functions: PyTorch's, and those the transformers library adds.</summary>
internal static class ActivationLayers
{
    private static readonly string[] Lambda = ["lambd"];

    public static IEnumerable<LayerKind> All =>
    [
        new("ReLU", [], arguments => nn.ReLU(IsInPlace(arguments))),
        new("ReLU6", [], arguments => nn.ReLU6(IsInPlace(arguments))),
        new("GELU", [], arguments => nn.GELU(
            arguments.Choice("approximate", GELU.Approximate.none, ("none", GELU.Approximate.none), ("tanh", GELU.Approximate.tanh)))),
        new("SiLU", [], arguments => nn.SiLU(IsInPlace(arguments))),
        new("Mish", [], arguments => nn.Mish(IsInPlace(arguments))),
        new("ELU", [], arguments => nn.ELU(arguments.Double("alpha", 1), IsInPlace(arguments))),
        new("CELU", [], arguments => nn.CELU(arguments.Double("alpha", 1), IsInPlace(arguments))),
        new("SELU", [], arguments => nn.SELU(IsInPlace(arguments))),
        new("GLU", [], arguments => nn.GLU(arguments.Long("dim", -1))),
        new("Hardshrink", Lambda, arguments => nn.Hardshrink(arguments.Double("lambd", 0.5))),
        new("Softshrink", Lambda, arguments => nn.Softshrink(arguments.Double("lambd", 0.5))),
        new("Hardsigmoid", [], arguments => nn.Hardsigmoid(IsInPlace(arguments))),
        new("Hardswish", [], arguments => nn.Hardswish(IsInPlace(arguments))),
        new("Hardtanh", [], CreateHardtanh),
        new("LeakyReLU", [], arguments => nn.LeakyReLU(arguments.Double("negative_slope", 0.01), IsInPlace(arguments))),
        new("LogSigmoid", [], _ => nn.LogSigmoid()),
        new("PReLU", [], arguments => nn.PReLU(arguments.Long("num_parameters", 1))),
        new("RReLU", [], arguments =>
            nn.RReLU(arguments.Double("lower", 1.0 / 8), arguments.Double("upper", 1.0 / 3), IsInPlace(arguments))),
        new("Sigmoid", [], _ => nn.Sigmoid()),
        new("Softplus", [], arguments => nn.Softplus(arguments.Double("beta", 1), arguments.Double("threshold", 20))),
        new("Softsign", [], _ => nn.Softsign()),
        new("Tanh", [], _ => nn.Tanh()),
        new("Tanhshrink", [], _ => nn.Tanhshrink()),
        new("Threshold", [], arguments =>
            nn.Threshold(arguments.Double("threshold", 0), arguments.Double("value", 0), IsInPlace(arguments))),
        new("Softmax", [], arguments => CreateSoftmax(arguments, nn.Softmax)),
        new("LogSoftmax", [], arguments => CreateSoftmax(arguments, nn.LogSoftmax)),
        new("Softmin", [], arguments => CreateSoftmax(arguments, nn.Softmin)),
        new("Softmax2d", [], _ => nn.Softmax2d()),

        // transformers
        new("GELUActivation", [], _ => nn.GELU()),
        new("NewGELUActivation", [], _ => nn.GELU(GELU.Approximate.tanh)),
        new("FastGELUActivation", [], _ => nn.GELU(GELU.Approximate.tanh)),
        new("PytorchGELUTanh", [], _ => nn.GELU(GELU.Approximate.tanh)),
        new("GELUTanh", [], _ => nn.GELU(GELU.Approximate.tanh)),
        new("QuickGELUActivation", [], arguments => CreateQuickGelu(arguments)),
        new("QuickGELU", [], arguments => CreateQuickGelu(arguments)),
        new("SiLUActivation", [], _ => nn.SiLU()),
        new("MishActivation", [], _ => nn.Mish()),
        new("LinearActivation", [], _ => nn.Identity()),
        new("ReLUSquaredActivation", [], arguments => new FunctionLayer(arguments.ClassName, input => input.relu().square())),
    ];

    private static bool IsInPlace(LayerArguments arguments) => arguments.Bool("inplace", false);

    // TorchSharp's own class does not look at its limits.
    private static FunctionLayer CreateHardtanh(LayerArguments arguments)
    {
        arguments.Ignore("inplace");
        var (least, most) = (arguments.Double("min_val", -1), arguments.Double("max_val", 1));
        return new FunctionLayer(arguments.ClassName, input => input.clamp(least, most));
    }

    private static FunctionLayer CreateQuickGelu(LayerArguments arguments) =>
        new(arguments.ClassName, input => input * (input * 1.702).sigmoid());

    private static nn.Module CreateSoftmax(LayerArguments arguments, Func<long, nn.Module<Tensor, Tensor>> create)
    {
        if (arguments.Has("dim"))
        {
            return create(arguments.Long("dim"));
        }

        // Without a dimension PyTorch chooses one by the input: the first of 0, 1 and 3 dimensions, else the second.
        return new FunctionLayer(arguments.ClassName, input => create(input.ndim is 0 or 1 or 3 ? 0 : 1).call(input));
    }
}
