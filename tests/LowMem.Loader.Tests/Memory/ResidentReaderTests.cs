using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Memory;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Memory;

public class ResidentReaderTests
{
    // Many blocks, and no whole number of them, for casts as well.
    private const int Count = 9_000_001;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.Int64)]
    public void LargeTensorsAreReadInBlocksBySeveralThreads(ScalarType type)
    {
        using var directory = new TempDirectory();
        var checkpoint = Write(directory["numbers.safetensors"], tensorCount: 2);
        using var first = empty(Count, dtype: type);
        using var second = empty(Count, dtype: type);
        using var data = new TensorDataReader(checkpoint);
        long bytesRead = 0;

        using var reader = new ResidentReader(data, checkpoint.Files, count => Interlocked.Add(ref bytesRead, count));
        reader.Read(
            [new ReadJob(checkpoint.Tensors[0], ScalarType.Int32, first), new ReadJob(checkpoint.Tensors[1], ScalarType.Int32, second)],
            Token);

        using var wanted = arange(Count, dtype: type);
        Assert.True(first.eq(wanted).all().item<bool>());
        Assert.True(second.eq(wanted).all().item<bool>());
        Assert.Equal(2L * 4 * Count, bytesRead);
    }

    [Fact]
    public void CancellationEndsItSoon()
    {
        using var directory = new TempDirectory();
        var checkpoint = Write(directory["numbers.safetensors"], tensorCount: 1);
        using var destination = empty(Count, dtype: ScalarType.Int64);
        using var data = new TensorDataReader(checkpoint);
        using var cancellation = new CancellationTokenSource();
        var blocks = 0;
        using var reader = new ResidentReader(data, checkpoint.Files, _ =>
        {
            Interlocked.Increment(ref blocks);
            cancellation.Cancel();
        });

        // Far more than could be read before anybody notices.
        ReadJob[] jobs = [.. Enumerable.Repeat(new ReadJob(checkpoint.Tensors[0], ScalarType.Int32, destination), 10_000)];
        Assert.ThrowsAny<OperationCanceledException>(() => reader.Read(jobs, cancellation.Token));
        Assert.InRange(blocks, 1, 2 * ReaderThreads.MaxCount);
    }

    [Fact]
    public void AnErrorOfOneThreadIsThrownAsItIs()
    {
        using var directory = new TempDirectory();
        var checkpoint = Write(directory["numbers.safetensors"], tensorCount: 1);
        File.Delete(checkpoint.Path);
        using var destination = empty(Count, dtype: ScalarType.Int32);
        using var data = new TensorDataReader(checkpoint);
        using var reader = new ResidentReader(data, checkpoint.Files, _ => { });
        var error = Assert.Throws<CheckpointException>(() => reader.Read(
            [new ReadJob(checkpoint.Tensors[0], ScalarType.Int32, destination)], Token));
        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
    }

    private static Checkpoint Write(string path, int tensorCount)
    {
        var bytes = TestFiles.Bytes([.. Enumerable.Range(0, Count)]);
        TestFiles.WriteSafetensors(path, [.. Enumerable.Range(0, tensorCount).Select(i => ($"numbers{i}", "I32", new long[] { Count }, bytes))]);
        return Checkpoint.Open(path, Token);
    }
}
