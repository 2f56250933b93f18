using System.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

/// <summary>Work on large files ends soon after it is cancelled, and says how far it is.</summary>
public sealed class CancellationTests : IDisposable
{
    private const long Length = 16L << 30;

    private readonly string path = Path.Combine(Path.GetTempPath(), $"lowmem-{Guid.NewGuid():N}");

    public CancellationTests()
    {
        // Sixteen gibibytes of one tensor, on the disk a few kilobytes: what was never written reads as zeros.
        byte[] start = SafetensorsBytes.File(
            $$$"""{"w":{"dtype":"F32","shape":[{{{Length / 4}}}],"data_offsets":[0,{{{Length}}}]}}""");
        using var stream = File.Create(path);
        stream.Write(start);
        stream.SetLength(start.Length + Length);
    }

    public void Dispose() => File.Delete(path);

    [Fact]
    public async Task EndsWithinASecond()
    {
        await CancelAsync((progress, token) => CheckpointVerifier.Verify(
            path, new VerificationOptions { Level = VerificationLevel.Values }, progress, token));
        await CancelAsync((progress, token) => CheckpointManifest.Create(Checkpoint.Open(path, token), progress, token));
    }

    [Fact]
    public void TakesNoTimeForTheStructure()
    {
        var verdict = CheckpointVerifier.Verify(path, cancellationToken: TestContext.Current.CancellationToken);

        // The header, what tells the format, and one window of 8 KiB to rule out TorchSharp's files, which have no magic.
        Assert.True(verdict.Passed);
        Assert.InRange(verdict.BytesRead, 1, 10 << 10);
    }

    private static async Task CancelAsync(Action<IProgress<VerificationProgress>, CancellationToken> work)
    {
        using var source = new CancellationTokenSource();
        var progress = new Recorder();
        var running = Task.Run(() => work(progress, source.Token), CancellationToken.None);
        while (progress.Latest.BytesDone == 0 && !running.IsCompleted)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        long cancelled = Stopwatch.GetTimestamp();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.InRange(Stopwatch.GetElapsedTime(cancelled), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.InRange(progress.Latest.BytesTotal, Length, 2 * Length + 4096);
    }

    private sealed class Recorder : IProgress<VerificationProgress>
    {
        private readonly Lock gate = new();
        private VerificationProgress latest;

        public VerificationProgress Latest
        {
            get
            {
                lock (gate)
                {
                    return latest;
                }
            }
        }

        public void Report(VerificationProgress value)
        {
            lock (gate)
            {
                latest = value;
            }
        }
    }
}
