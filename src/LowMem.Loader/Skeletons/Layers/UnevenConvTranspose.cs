using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>A transposed convolution whose output padding differs between dimensions.</summary>
/// <remarks>TorchSharp's own classes pad every dimension like the first.</remarks>
public sealed class UnevenConvTranspose : OwnLayer
{
    private readonly Func<Tensor, Tensor, Tensor?, Tensor> convolve;

    /// <param name="name">The name of its class, as PyTorch prints it.</param>
    /// <param name="weightShape">[in, out / groups, kernel...].</param>
    /// <param name="biasSize">The channels that come out, or null for no bias.</param>
    /// <param name="convolve">Computes with the input, the weight and the bias.</param>
    internal UnevenConvTranspose(
        string name, ReadOnlySpan<long> weightShape, long? biasSize, Func<Tensor, Tensor, Tensor?, Tensor> convolve)
        : base(name)
    {
        this.convolve = convolve;
        AddParameter("weight", weightShape);
        if (biasSize is { } size)
        {
            AddParameter("bias", size);
        }
    }

    /// <summary>Convolves.</summary>
    /// <param name="input">[batch, channels, sizes...], or without a batch.</param>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ForwardPass.EnsureValues(this, input);
        return convolve(input, FindParameter("weight")!, FindParameter("bias"));
    }
}
