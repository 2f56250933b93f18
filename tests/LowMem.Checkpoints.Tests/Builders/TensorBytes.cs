using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>Tensors as torch.save pickles them, each argument as it is wanted.</summary>
internal static class TensorBytes
{
    private const string NoHooks = "ccollections\nOrderedDict\n)R";

    /// <summary>The persistent id of a storage.</summary>
    public static byte[] Storage(string key, long count, string type = "FloatStorage") =>
        [.. Tuple(Text("storage"), Global("torch", type), Text(key), Text("cpu"), Int(count)), (byte)'Q'];

    /// <summary>A call of <c>_rebuild_tensor_v2</c>.</summary>
    public static byte[] Tensor(byte[] storage, long offset, long[] shape, long[] stride) =>
        Tensor(storage, Int(offset), Ints(shape), Ints(stride));

    /// <inheritdoc cref="Tensor(byte[], long, long[], long[])"/>
    public static byte[] Tensor(byte[] storage, byte[] offset, byte[] shape, byte[] stride) =>
        [.. Global("torch._utils", "_rebuild_tensor_v2"), .. Tuple(storage, offset, shape, stride, [0x89], Ascii(NoHooks)), (byte)'R'];

    /// <summary>A tensor of one dimension that is all of its storage.</summary>
    public static byte[] Vector(string key, long count) => Tensor(Storage(key, count), 0, [count], [1]);

    /// <summary>An archive of a dict of tensors, and its storages by key.</summary>
    public static ZipBytes Archive((string Key, byte[] Tensor)[] tensors, params (string Key, byte[] Content)[] storages) =>
        storages.Aggregate(
            ZipBytes.PyTorch([.. Proto(2), .. Dict(tensors), (byte)'.']),
            (archive, storage) => archive.Add($"archive/data/{storage.Key}", storage.Content));
}
