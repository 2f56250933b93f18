using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>Makes the tensors of the layers here: on meta from the first moment, with no memory for values.</summary>
internal static class MetaTensors
{
    /// <summary>A parameter of the default element type.</summary>
    public static Parameter CreateParameter(params ReadOnlySpan<long> shape)
    {
        var parameter = new Parameter(empty(shape, device: META));
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    /// <summary>A buffer of the default element type.</summary>
    public static Tensor CreateBuffer(params ReadOnlySpan<long> shape) => empty(shape, device: META).DetachFromDisposeScope();
}
