using System.Text;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Tests.Builders;

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

        byte[] start = SafetensorsBytes.File(header.Append('}').ToString());
        using (var stream = File.Create(path))
        {
            stream.Write(start);

            // A hole: it takes no room on the disk.
            stream.SetLength(start.Length + (tensors * each));
        }

        var meter = new ReadMeter();
        using var file = CheckpointLocation.Local.With(meter).Open(path, TestContext.Current.CancellationToken);
        var checkpoint = CheckpointOpener.OpenFile(file, path, CancellationToken.None);

        Assert.Equal(tensors, checkpoint.Tensors.Count);
        Assert.InRange(file.Length, TwoGibibytes - 4096, long.MaxValue);
        Assert.InRange(meter.Bytes, 1, 64 << 10);
    }

    [Fact]
    public void ReadsKilobytesOfALegacyFileOfTwoGibibytes()
    {
        byte[] tensor = TensorBytes.Tensor(TensorBytes.Storage("0", TwoGibibytes, "ByteStorage"), 0, [TwoGibibytes], [1]);

        AssertReadsLittle(LegacyBytes.File(tensor, ["0"], (TwoGibibytes, [])), CheckpointFormats.PyTorchLegacy);
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

        var meter = new ReadMeter();
        using var file = CheckpointLocation.Local.With(meter).Open(path, TestContext.Current.CancellationToken);
        var checkpoint = CheckpointOpener.OpenFile(file, path, CancellationToken.None);

        var tensor = Assert.Single(checkpoint.Tensors);
        Assert.Equal((format, TwoGibibytes, (long)start.Length), (checkpoint.Format, tensor.ByteLength, tensor.Offset));
        Assert.Null(tensor.UnreadableReason);
        Assert.Empty(checkpoint.Findings);
        Assert.InRange(meter.Bytes, 1, 16 << 10);
    }
}
