namespace LowMem.Checkpoints;

/// <summary>How the integers of a quantised tensor stand for numbers: <c>(integer - zero point) * scale</c>.</summary>
/// <param name="Scheme">PyTorch's name: <c>per_tensor_affine</c>, <c>per_channel_affine</c>, ... .</param>
public sealed record TensorQuantization(string Scheme)
{
    /// <summary>
    /// The scale of the whole tensor. Null when each channel has one: then they are <c>scales</c> in
    /// <see cref="TensorInfo.Components"/>.
    /// </summary>
    public double? Scale { get; init; }

    /// <summary>
    /// The integer that stands for 0. Null when each channel has one: then they are <c>zero_points</c> in
    /// <see cref="TensorInfo.Components"/>.
    /// </summary>
    public long? ZeroPoint { get; init; }

    /// <summary>The dimension of the channels, or null when the tensor has one scale.</summary>
    public long? Axis { get; init; }
}
