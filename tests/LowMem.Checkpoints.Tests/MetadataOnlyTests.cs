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

    public void Dispose() => File.Delete(path);
}
