using LowMem.Checkpoints.Formats;

namespace LowMem.Checkpoints.Tests.Exploring;

/// <summary>Checkpoints of which only the list matters.</summary>
internal static class ExploredCheckpoint
{
    /// <summary>A tensor: <c>layers.0.weight [4, 2] bfloat16</c>; float32 and one element when nothing else is said.</summary>
    public static TensorInfo Tensor(string key, string dtype = "float32", string path = "x", string? storage = null, params long[] shape)
    {
        long count = shape.Aggregate(1L, (product, size) => product * size);
        long bytes = DType.Get(dtype).GetByteLength(count);
        return new TensorInfo
        {
            Key = key,
            DType = dtype,
            Shape = shape,
            Stride = StridedLayout.ContiguousStrides(shape),
            ElementCount = count,
            ByteLength = bytes,
            Offset = 0,
            IsContiguous = true,
            Path = path,
            Checkpoint = "m.bin",
            Format = CheckpointFormats.Safetensors,
            StorageKey = storage ?? key,
            Storage = new StorageExtent(0, bytes),
        };
    }

    public static Checkpoint Of(params IEnumerable<TensorInfo> tensors) => new()
    {
        Path = "m.bin",
        Format = CheckpointFormats.Safetensors,
        Files = [],
        Tensors = [.. tensors],
    };

    public static Checkpoint OfKeys(params IEnumerable<string> keys) => Of(keys.Select(key => Tensor(key)));
}
