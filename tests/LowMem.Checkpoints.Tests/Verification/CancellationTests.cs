using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

/// <summary>Work on large files ends within a few blocks of being cancelled, and says how far it is.</summary>
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
    public void ReadsAFewBlocksMoreAndEnds()
    {
        Cancel((progress, token) => CheckpointVerifier.Verify(
            path, new VerificationOptions { Level = VerificationLevel.Values }, progress, token));
        Cancel((progress, token) => CheckpointManifest.Create(Checkpoint.Open(path, token), progress, token));
    }

    [Fact]
    public void TakesNoTimeForTheStructure()
    {
        var verdict = CheckpointVerifier.Verify(path, cancellationToken: TestContext.Current.CancellationToken);

        // The header, what tells the format, and a window each to rule out TorchSharp's two kinds of files, which have no magic.
        Assert.True(verdict.Passed);
        Assert.InRange(verdict.BytesRead, 1, 20 << 10);
    }

    private static void Cancel(Action<IProgress<VerificationProgress>, CancellationToken> work)
    {
        using var source = new CancellationTokenSource();
        var progress = new Canceller(source);
        Assert.ThrowsAny<OperationCanceledException>(() => work(progress, source.Token));

        Assert.InRange(progress.Latest.BytesDone, 1, Length / 64);
        Assert.InRange(progress.Latest.BytesTotal, Length, 2 * Length + 4096);
    }

    /// <summary>Cancels when the first bytes have been read.</summary>
    private sealed class Canceller(CancellationTokenSource source) : IProgress<VerificationProgress>
    {
        private readonly Lock gate = new();

        public VerificationProgress Latest { get; private set; }

        public void Report(VerificationProgress value)
        {
            lock (gate)
            {
                Latest = value;
            }

            if (value.BytesDone > 0)
            {
                source.Cancel();
            }
        }
    }
}
