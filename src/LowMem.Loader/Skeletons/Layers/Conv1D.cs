using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>
/// The Conv1D of the transformers library, which GPT-2 is made of: a linear layer that keeps its weight the other way
/// round, [in, out].
/// </summary>
public sealed class Conv1D : OwnLayer
{
    internal Conv1D(long inFeatures, long outFeatures)
        : base(nameof(Conv1D))
    {
        AddParameter("weight", inFeatures, outFeatures);
        AddParameter("bias", outFeatures);
    }

    /// <summary>Multiplies by the weight and adds the bias.</summary>
    /// <param name="input">Any shape; the last dimension is the number of features that go in.</param>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ForwardPass.EnsureValues(this, input);
        using var product = input.matmul(FindParameter("weight")!);
        return product.add(FindParameter("bias")!);
    }
}
