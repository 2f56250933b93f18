using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>The FrozenBatchNorm2d of torchvision: a batch norm whose four tensors are buffers and never change.</summary>
public sealed class FrozenBatchNorm2d : OwnLayer
{
    private readonly double epsilon;

    internal FrozenBatchNorm2d(long features, double epsilon)
        : base(nameof(FrozenBatchNorm2d))
    {
        this.epsilon = epsilon;
        foreach (var name in new[] { "weight", "bias", "running_mean", "running_var" })
        {
            register_buffer(name, MetaTensors.CreateBuffer(features));
        }
    }

    /// <summary>Shifts and scales every channel.</summary>
    /// <param name="input">Images: [batch, channels, height, width].</param>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ForwardPass.EnsureValues(this, input);
        using var scope = NewDisposeScope();
        var scale = GetBuffer("weight") * (GetBuffer("running_var") + epsilon).rsqrt();
        var shift = GetBuffer("bias") - (GetBuffer("running_mean") * scale);
        return (input * scale.reshape(1, -1, 1, 1) + shift.reshape(1, -1, 1, 1)).MoveToOuterDisposeScope();
    }
}
