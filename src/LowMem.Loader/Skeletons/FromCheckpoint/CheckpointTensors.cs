using LowMem.Checkpoints;
using LowMem.Loader.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.FromCheckpoint;

/// <summary>Makes the tensors of a skeleton after those of a checkpoint.</summary>
internal sealed class CheckpointTensors
{
    private readonly Dictionary<TensorTie, Tensor> shared = [];

    /// <summary>Makes a tensor on meta: a parameter or a buffer. Two keys of one tensor in the file are one tensor here, too.</summary>
    /// <param name="info">What to make it after; of a type that <see cref="FindProblem"/> has no problem with.</param>
    /// <param name="name">Its name in the module.</param>
    public Tensor Create(TensorInfo info, string name)
    {
        var type = ScalarTypes.Find(info.DType)!.Value;
        var tie = TensorTie.Of(info, name);
        if (!shared.TryGetValue(tie, out var tensor))
        {
            var meta = empty(info.Shape, dtype: type, device: META);
            tensor = (tie.IsParameter ? new Parameter(meta) : meta).DetachFromDisposeScope();
            shared.Add(tie, tensor);
        }

        return tensor;
    }

    /// <summary>Why a module cannot hold such a tensor, or null when it can.</summary>
    public static string? FindProblem(TensorInfo tensor)
    {
        if (tensor.Layout != TensorLayouts.Strided)
        {
            return $"its layout is {tensor.Layout}, not dense";
        }

        if (ScalarTypes.Find(tensor.DType) is null)
        {
            return $"libtorch has no element type {tensor.DType}";
        }

        return DType.Find(tensor.DType)?.Kind is DTypeKind.Quantized
            ? $"its element type {tensor.DType} is quantized"
            : null;
    }
}
