using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>Divides by the root of the mean of squares: PyTorch's RMSNorm, and those of Llama, T5 and their kin.</summary>
public sealed class RMSNorm : OwnLayer
{
    private readonly long[] dimensions;
    private readonly double? epsilon;
    private readonly bool addsOne;

    /// <param name="shape">The sizes of the last dimensions, over which the mean is taken.</param>
    /// <param name="epsilon">What is added to the mean; null for the smallest step of the input's element type.</param>
    /// <param name="hasWeight">Whether there is a weight.</param>
    /// <param name="addsOne">Whether the factor is the weight plus one, as in Gemma.</param>
    internal RMSNorm(long[] shape, double? epsilon, bool hasWeight, bool addsOne)
        : base(nameof(RMSNorm))
    {
        dimensions = [.. Enumerable.Range(1, shape.Length).Select(i => -(long)i)];
        this.epsilon = epsilon;
        this.addsOne = addsOne;
        if (hasWeight)
        {
            AddParameter("weight", shape);
        }
    }

    /// <summary>What the weight of a new layer is.</summary>
    internal double InitialWeight => addsOne ? 0 : 1;

    /// <summary>Normalizes the last dimensions.</summary>
    /// <param name="input">A tensor whose last dimensions have the sizes of the layer.</param>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ForwardPass.EnsureValues(this, input);
        using var scope = NewDisposeScope();

        // Squares of half precision overflow: the models compute this in single precision.
        var type = input.dtype;
        var wide = type is ScalarType.Float16 or ScalarType.BFloat16 ? input.to(ScalarType.Float32) : input;
        var mean = wide.square().mean(dimensions, keepdim: true);
        var result = wide * (mean + (epsilon ?? GetStep(type))).rsqrt();
        if (FindParameter("weight") is { } weight)
        {
            result = addsOne ? result * (weight.to(result.dtype) + 1) : result.to(type) * weight;
        }

        return result.to(type).MoveToOuterDisposeScope();
    }

    // The distance from 1 to the next number of the type.
    private static double GetStep(ScalarType type) => type switch
    {
        ScalarType.Float64 => Math.ScaleB(1, -52),
        ScalarType.Float16 => Math.ScaleB(1, -10),
        ScalarType.BFloat16 => Math.ScaleB(1, -7),
        _ => Math.ScaleB(1, -23),
    };
}
