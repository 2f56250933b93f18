using System.Buffers.Binary;
using System.Text;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.IO;

namespace LowMem.Checkpoints.Tests;

/// <summary>Listing reads metadata and no data, however large the file.</summary>
public sealed class MetadataOnlyTests : IDisposable
{
    private const long TwoGibibytes = 2L << 30;

    private readonly string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    [Fact]
    public void ReadsKilobytesOfASafetensorsFileOfTwoGibibytes()
    {
        const int tensors = 300;
        long each = TwoGibibytes / tensors / 4 * 4;
        var header = new StringBuilder("{");
        for (int i = 0; i < tensors; i++)
        {
            header.Append(i == 0 ? "" : ",")
                .Append($"\"layers.{i}.weight\":{{\"dtype\":\"F32\",\"shape\":[{each / 4}],\"data_offsets\":[{i * each},{(i + 1) * each}]}}");
        }

        byte[] json = Encoding.UTF8.GetBytes(header.Append('}').ToString());
        using (var stream = File.Create(path))
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
            stream.Write(length);
            stream.Write(json);

            // A hole: it takes no room on the disk.
            stream.SetLength(8 + json.Length + (tensors * each));
        }

        using var file = CheckpointFileReader.Open(path);
        var checkpoint = CheckpointOpener.OpenFile(file, path, CancellationToken.None);

        Assert.Equal(tensors, checkpoint.Tensors.Count);
        Assert.InRange(file.Length, TwoGibibytes - 4096, long.MaxValue);
        Assert.InRange(file.BytesRead, 1, 64 << 10);
    }

    [Fact]
    public void ReadsKilobytesOfALegacyFileOfTwoGibibytes()
    {
        byte[] magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];
        byte[] version = [0x80, 2, (byte)'M', 0xe9, 3, (byte)'.'];
        byte[] system = [0x80, 2, (byte)'}', (byte)'.'];
        byte[] tensor =
        [
            0x80, 2, .. "ctorch._utils\n_rebuild_tensor\n(("u8, .. Text("storage"), .. "ctorch\nByteStorage\n"u8, .. Text("0"), .. Text("cpu"),
            0x8a, 5, 0, 0, 0, 0x80, 0, .. "NtQK\0"u8, 0x8a, 5, 0, 0, 0, 0x80, 0, 0x85, .. "K\x01"u8, 0x85, .. "tR."u8,
        ];
        byte[] keys = [0x80, 2, (byte)']', .. Text("0"), .. "a."u8];
        byte[] count = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(count, TwoGibibytes);

        AssertReadsLittle([.. magic, .. version, .. system, .. tensor, .. keys, .. count], CheckpointFormats.PyTorchLegacy);

        static byte[] Text(string text) => [(byte)'U', (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
    }

    [Fact]
    public void ReadsKilobytesOfATorchSharpFileOfTwoGibibytes() => AssertReadsLittle(
        [1, 6, .. "weight"u8, 0, 1, 0x80, 0x80, 0x80, 0x80, 8], CheckpointFormats.TorchSharp);

    public void Dispose() => File.Delete(path);

    private void AssertReadsLittle(byte[] start, string format)
    {
        using (var stream = File.Create(path))
        {
            stream.Write(start);
            stream.SetLength(start.Length + TwoGibibytes);
        }

        using var file = CheckpointFileReader.Open(path);
        var checkpoint = CheckpointOpener.OpenFile(file, path, CancellationToken.None);

        var tensor = Assert.Single(checkpoint.Tensors);
        Assert.Equal((format, TwoGibibytes, (long)start.Length), (checkpoint.Format, tensor.ByteLength, tensor.Offset));
        Assert.Null(tensor.UnreadableReason);
        Assert.Empty(checkpoint.Findings);
        Assert.InRange(file.BytesRead, 1, 16 << 10);
    }
}
