using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>A layer without tensors that computes a function TorchSharp has no class for.</summary>
public sealed class FunctionLayer : ParameterLessModule<Tensor, Tensor>
{
    private readonly Func<Tensor, Tensor> function;

    /// <param name="name">The name of its class, as PyTorch prints it.</param>
    /// <param name="function">What it computes; it gives a new tensor.</param>
    internal FunctionLayer(string name, Func<Tensor, Tensor> function)
        : base(name)
    {
        this.function = function;
    }

    /// <summary>Computes the function.</summary>
    /// <param name="input">What the function takes.</param>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return function(input).MoveToOuterDisposeScope();
    }
}
