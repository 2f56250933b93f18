using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>The file <c>.metadata</c> of a distributed checkpoint, and pieces for it.</summary>
internal static class DistributedBytes
{
    private const string Module = "torch.distributed.checkpoint.metadata";

    public static byte[] Metadata(byte[] names, byte[] places) =>
        [.. Proto(2), .. Made("Metadata", ("state_dict_metadata", names), ("storage_data", places)), (byte)'.'];

    /// <summary>The description of a tensor.</summary>
    public static byte[] Tensor(long[] size, params byte[][] chunks) => Tensor(Ints(size), "float32", chunks);

    /// <inheritdoc cref="Tensor(long[], byte[][])"/>
    public static byte[] Tensor(byte[] size, string type, params byte[][] chunks) =>
        Made("TensorStorageMetadata", ("size", size), ("properties", Made("TensorProperties", ("dtype", Global("torch", type)))), ("chunks", Tuple(chunks)));

    public static byte[] Chunk(long[] offsets, long[] sizes) => Made("ChunkStorageMetadata", ("offsets", Ints(offsets)), ("sizes", Ints(sizes)));

    public static byte[] Places(params (byte[] Index, byte[] Place)[] places) =>
        [(byte)'}', (byte)'(', .. places.SelectMany(place => (byte[])[.. place.Index, .. place.Place]), (byte)'u'];

    public static byte[] Index(string key, params long[] offset) => Made("MetadataIndex", ("fqn", Text(key)), ("offset", Ints(offset)));

    public static byte[] Place(string file, long offset, long length) => Place(Text(file), Int(offset), Int(length));

    public static byte[] Place(byte[] file, byte[] offset, byte[] length) =>
        Made("torch.distributed.checkpoint.filesystem", "_StorageInfo", ("relative_path", file), ("offset", offset), ("length", length));

    /// <summary>A piece: a whole file of torch.save that holds one tensor of floats.</summary>
    public static byte[] Piece(params long[] shape)
    {
        long count = shape.Aggregate(1L, (product, size) => product * size);
        long[] stride = [.. shape.Select((_, i) => shape.Skip(i + 1).Aggregate(1L, (product, size) => product * size))];
        byte[] pickle = [.. Proto(2), .. TensorBytes.Tensor(TensorBytes.Storage("0", count), 0, shape, stride), (byte)'.'];
        return ZipBytes.PyTorch(pickle).Add("archive/data/0", new byte[4 * count]).Build();
    }

    private static byte[] Made(string type, params (string, byte[])[] state) => Made(Module, type, state);

    private static byte[] Made(string module, string type, params (string, byte[])[] state) => [.. Global(module, type), (byte)')', 0x81, .. Dict(state), (byte)'b'];
}
