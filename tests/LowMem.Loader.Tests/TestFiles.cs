using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Memory;
using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests;

/// <summary>Where the repository's files are, small files of our own, and the bytes of tensors.</summary>
internal static class TestFiles
{
    private static readonly Dictionary<string, string> Codes = new()
    {
        ["float64"] = "F64",
        ["float32"] = "F32",
        ["bfloat16"] = "BF16",
        ["int64"] = "I64",
        ["bool"] = "BOOL",
    };

    public static string Root { get; } = FindRoot();

    public static string Fixtures => Path.Combine(Root, "tests", "fixtures");

    public static string Samples => Path.Combine(Root, "samples");

    /// <summary>Writes a safetensors file; the tensors lie one behind the other, in this order.</summary>
    public static void WriteSafetensors(string path, params (string Key, string DType, long[] Shape, byte[] Bytes)[] tensors)
    {
        using var file = File.Create(path);
        WriteHeader(file, tensors.Select(tensor => (tensor.Key, tensor.DType, tensor.Shape, (long)tensor.Bytes.Length)));
        foreach (var tensor in tensors)
        {
            file.Write(tensor.Bytes);
        }
    }

    /// <summary>Writes a safetensors file whose values are zeros that take no room on the disk.</summary>
    public static void WriteHoles(string path, params (string Key, string DType, long[] Shape)[] tensors)
    {
        using var file = File.Create(path);
        var length = WriteHeader(file, tensors.Select(tensor => (
            tensor.Key,
            tensor.DType,
            tensor.Shape,
            DType.Get(Codes.Single(code => code.Value == tensor.DType).Key).GetByteLength(tensor.Shape.Aggregate(1L, (product, size) => product * size)))));
        file.SetLength(file.Length + length);
    }

    /// <summary>Writes the state dict of a module, tied tensors once, with the wide types first so that all are aligned.</summary>
    public static Checkpoint WriteStateDict(string path, nn.Module module)
    {
        WriteSafetensors(
            path,
            [.. ModuleTree.GetParameters(module)
                .Where(entry => entry.IsPersistent && entry.TiedTo is null)
                .OrderByDescending(entry => DType.Get(entry.DType).ByteSize)
                .Select(entry => (entry.Key, Codes[entry.DType], entry.Shape, GetBytes(entry.Tensor)))]);
        return Checkpoint.Open(path);
    }

    public static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();

    /// <summary>The bytes of a tensor, packed in row-major order.</summary>
    public static unsafe byte[] GetBytes(Tensor tensor)
    {
        using var packed = tensor.contiguous();
        var length = checked((int)(packed.numel() * packed.element_size()));
        return length == 0 ? [] : new ReadOnlySpan<byte>((void*)NativeTensors.AddressOf(packed), length).ToArray();
    }

    /// <summary>The hashes of the values of every tensor, packed, read from the checkpoint.</summary>
    public static List<(string Key, string Hash)> ReadHashes(Checkpoint checkpoint)
    {
        using var reader = new TensorDataReader(checkpoint);
        return [.. checkpoint.Tensors.Select(tensor =>
        {
            byte[] bytes = new byte[tensor.ByteLength];
            reader.Read(tensor, 0, bytes, CancellationToken.None);
            return (tensor.Key, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        })];
    }

    public static string GetHash(Tensor tensor) => Convert.ToHexStringLower(SHA256.HashData(GetBytes(tensor)));

    public static CheckpointFile Describe(string path)
    {
        var file = new FileInfo(path);
        return new CheckpointFile(file.FullName, file.Length, file.LastWriteTimeUtc);
    }

    private static long WriteHeader(FileStream file, IEnumerable<(string Key, string DType, long[] Shape, long ByteLength)> tensors)
    {
        var header = new StringBuilder("{");
        long offset = 0;
        foreach (var (key, dtype, shape, byteLength) in tensors)
        {
            header.Append(header.Length > 1 ? "," : "");
            header.Append($"\"{key}\":{{\"dtype\":\"{dtype}\",\"shape\":[{string.Join(',', shape)}],");
            header.Append($"\"data_offsets\":[{offset},{offset + byteLength}]}}");
            offset += byteLength;
        }

        var json = header.Append('}').ToString();
        json = json.PadRight((json.Length + 7) / 8 * 8);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        file.Write(length);
        file.Write(Encoding.ASCII.GetBytes(json));
        return offset;
    }

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "LowMem.slnx")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("LowMem.slnx is in no parent.");
        }

        return directory;
    }
}
