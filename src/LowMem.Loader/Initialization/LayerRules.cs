using static LowMem.Loader.Initialization.InitialValue;

namespace LowMem.Loader.Initialization;

/// <summary>What PyTorch's layers start with: the <c>reset_parameters</c> of each kind, by the class and the name of the tensor.</summary>
internal static class LayerRules
{
    // kaiming_uniform_ with a = sqrt(5), as Linear and the convolutions call it.
    private static readonly double LinearGain = Math.Sqrt(2.0 / (1 + (Math.Sqrt(5) * Math.Sqrt(5))));
    private static readonly double Root3 = Math.Sqrt(3);

    /// <summary>Finds the rule for a tensor of a layer.</summary>
    /// <param name="className">PyTorch's name of the class.</param>
    /// <param name="name">The name of the tensor in the layer.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="findShape">The shape of another tensor of the layer, or null when there is none.</param>
    /// <returns>The rule, or null when the class or the tensor is not known.</returns>
    public static InitialValue? Find(string className, string name, long[] shape, Func<string, long[]?> findShape) => className switch
    {
        "Linear" or "NonDynamicallyQuantizableLinear" or "_LinearWithBias"
            or "Conv1d" or "Conv2d" or "Conv3d" or "ConvTranspose1d" or "ConvTranspose2d" or "ConvTranspose3d" => FindLinear(name, shape, findShape),
        "Bilinear" => findShape("weight") is [_, var features, ..] ? new Uniform(Invert(features)) : null,
        "Conv1D" => name == "weight" ? new Normal(0.02) : name == "bias" ? new Constant(0) : null,
        "Embedding" or "EmbeddingBag" => name == "weight" ? new Normal(1) : null,
        "BatchNorm1d" or "BatchNorm2d" or "BatchNorm3d" or "SyncBatchNorm" or "FrozenBatchNorm2d"
            or "InstanceNorm1d" or "InstanceNorm2d" or "InstanceNorm3d"
            or "LayerNorm" or "FusedLayerNorm" or "GroupNorm" or "RMSNorm" => FindNorm(name),
        "LSTM" or "LSTMCell" => FindRecurrent(name, 4, findShape),
        "GRU" or "GRUCell" => FindRecurrent(name, 3, findShape),
        "RNN" or "RNNCell" => FindRecurrent(name, 1, findShape),
        "PReLU" => name == "weight" ? new Constant(0.25) : null,
        "MultiheadAttention" => FindAttention(name, shape, findShape),
        _ => null,
    };

    /// <summary>What <c>xavier_uniform_</c> gives a tensor of two or more dimensions.</summary>
    public static InitialValue XavierUniform(long[] shape) =>
        new Uniform(Root3 * Math.Sqrt(2.0 / (GetFanIn(shape) + GetFanOut(shape))));

    private static Uniform? FindLinear(string name, long[] shape, Func<string, long[]?> findShape) => name switch
    {
        "weight" when shape.Length >= 2 => new Uniform(GetFanIn(shape) > 0 ? Root3 * (LinearGain / Math.Sqrt(GetFanIn(shape))) : 0),
        "bias" when findShape("weight") is { Length: >= 2 } weight => new Uniform(Invert(GetFanIn(weight))),
        _ => null,
    };

    private static Constant? FindNorm(string name) => name switch
    {
        "weight" or "running_var" => new Constant(1),
        "bias" or "running_mean" or "num_batches_tracked" => new Constant(0),
        _ => null,
    };

    // All tensors of a recurrent layer begin in the same way.
    private static Uniform? FindRecurrent(string name, int gates, Func<string, long[]?> findShape) =>
        (findShape("weight_ih") ?? findShape("weight_ih_l0")) is [var rows, ..]
        && (name.StartsWith("weight_", StringComparison.Ordinal) || name.StartsWith("bias_", StringComparison.Ordinal))
            ? new Uniform(Invert(rows / gates))
            : null;

    private static InitialValue? FindAttention(string name, long[] shape, Func<string, long[]?> findShape) => name switch
    {
        "in_proj_weight" or "q_proj_weight" or "k_proj_weight" or "v_proj_weight" when shape.Length == 2 => XavierUniform(shape),
        "in_proj_bias" or "out_proj.bias" => new Constant(0),
        "out_proj.weight" => FindLinear("weight", shape, findShape),
        "bias_k" or "bias_v" when shape.Length >= 2 => new Normal(Math.Sqrt(2.0 / (GetFanIn(shape) + GetFanOut(shape)))),
        _ => null,
    };

    private static double Invert(double size) => size > 0 ? 1 / Math.Sqrt(size) : 0;

    private static double GetFanIn(long[] shape) => shape[1] * GetField(shape);

    private static double GetFanOut(long[] shape) => shape[0] * GetField(shape);

    private static double GetField(long[] shape) => shape.Skip(2).Aggregate(1.0, (product, size) => product * size);
}
