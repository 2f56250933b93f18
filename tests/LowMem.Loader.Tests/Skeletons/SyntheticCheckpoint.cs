using LowMem.Checkpoints;

namespace LowMem.Loader.Tests.Skeletons;

/// <summary>A checkpoint of nothing but descriptions.</summary>
internal static class SyntheticCheckpoint
{
    public static Checkpoint Create(params TensorInfo[] tensors) =>
        new() { Path = "model.pt", Format = CheckpointFormats.PyTorchZip, Tensors = tensors, Files = [] };

    public static TensorInfo CreateTensor(string key, string dtype, params long[] shape)
    {
        var count = shape.Aggregate(1L, (product, size) => product * size);
        return new TensorInfo
        {
            Key = key,
            DType = dtype,
            Shape = shape,
            Stride = [.. shape.Select((_, i) => shape.Skip(i + 1).Aggregate(1L, (product, size) => product * size))],
            ElementCount = count,
            ByteLength = DType.Get(dtype).GetByteLength(count),
            Offset = 0,
            IsContiguous = true,
            Path = "model.pt",
            Checkpoint = "model.pt",
            Format = CheckpointFormats.PyTorchZip,
        };
    }
}
