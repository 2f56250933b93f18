using LowMem.Checkpoints;
using LowMem.Loader.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.FromCheckpoint;

/// <summary>Makes the tensors of a skeleton after those of a checkpoint.</summary>
internal sealed class CheckpointTensors
{
    // Batch norms keep these beside their parameters. They are floating point, and yet not learned.
    private static readonly string[] BufferNames = ["running_mean", "running_var"];

    private readonly Dictionary<TensorPlace, Tensor> shared = [];

    /// <summary>Where a tensor has its values and how they are laid out: two that are equal are one tensor.</summary>
    internal readonly record struct TensorPlace(string Path, string StorageKey, long Offset, string Layout, bool IsParameter);

    /// <summary>Where a tensor is in the checkpoint; null when that is not known, or it has no elements.</summary>
    public static TensorPlace? GetPlace(TensorInfo info, bool isParameter) =>
        info.StorageKey is null || info.ElementCount == 0
            ? null
            : new TensorPlace(
                info.Path,
                info.StorageKey,
                info.Offset,
                $"{info.DType} {string.Join(',', info.Shape)} {string.Join(',', info.Stride)}",
                isParameter);

    /// <summary>Makes a tensor on meta: a parameter or a buffer. Two keys of one tensor in the file are one tensor here, too.</summary>
    /// <param name="info">What to make it after; of a type that <see cref="FindProblem"/> has no problem with.</param>
    /// <param name="name">Its name in the module.</param>
    public Tensor Create(TensorInfo info, string name)
    {
        var type = ScalarTypes.Find(info.DType)!.Value;
        var isParameter = DType.Get(info.DType).Kind is DTypeKind.Floating or DTypeKind.Complex && !BufferNames.Contains(name);
        if (GetPlace(info, isParameter) is not { } place)
        {
            return CreateMeta();
        }

        if (!shared.TryGetValue(place, out var tensor))
        {
            shared.Add(place, tensor = CreateMeta());
        }

        return tensor;

        Tensor CreateMeta()
        {
            var meta = empty(info.Shape, dtype: type, device: META);
            return (isParameter ? new Parameter(meta) : meta).DetachFromDisposeScope();
        }
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
