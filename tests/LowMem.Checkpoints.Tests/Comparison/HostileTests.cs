using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Sources;

namespace LowMem.Checkpoints.Tests.Comparison;

/// <summary>Files that change, end early or cannot be read while they are compared.</summary>
public sealed class HostileTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names =>
        ["state-dict", "legacy-state-dict", "strides", "sharded-safetensors", "dcp", "repacked-deflated", "newer-big-endian", "sparse", "quantized", "unpacked"];

    [Theory]
    [MemberData(nameof(Names))]
    public void AReadThatFailsIsAnErrorAndNeverEqual(string name)
    {
        string path = FixtureFiles.PathOf(name);
        var location = MemoryLocation.Of(path);
        var checkpoint = Checkpoint.Open(location, path, Token);
        int before = location.Reads;
        bool isEqual = new CheckpointComparison(checkpoint, checkpoint).Run(null, Token).AreEqual;
        int reads = location.Reads - before;
        Assert.True(reads > 0);
        for (int failing = 0; failing < Math.Min(reads, 40); failing++)
        {
            int start = location.Reads;
            int at = failing;
            location.BeforeRead = (number, _) => Fail(number - start == at);
            var error = Assert.Throws<CheckpointException>(() => new CheckpointComparison(checkpoint, checkpoint).Run(null, Token));
            Assert.Contains("the cable was pulled", error.Message, StringComparison.Ordinal);
            location.BeforeRead = null;
        }

        Assert.Equal(isEqual, new CheckpointComparison(checkpoint, checkpoint).Run(null, Token).AreEqual);

        static void Fail(bool fails)
        {
            if (fails)
            {
                throw new IOException("the cable was pulled");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AFileThatChangesIsAnError(string name)
    {
        string path = FixtureFiles.PathOf(name);
        foreach (string file in MemoryLocation.Of(path).Names)
        {
            var location = MemoryLocation.Of(path);
            var checkpoint = Checkpoint.Open(location, path, Token);
            if (checkpoint.Tensors.All(tensor => tensor.GetParts().All(part => part.UnreadableReason is not null || part.ElementCount == 0 || !GetFiles(part).Contains(file))))
            {
                continue;
            }

            location.Change(file);
            var error = Assert.Throws<CheckpointException>(() => new CheckpointComparison(checkpoint, checkpoint).Run(null, Token));
            Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
        }
    }

    /// <summary>A thousand windows over one storage of 1 MiB, each a little different.</summary>
    [Fact]
    public void OverlappingTensorsCostNoMoreThanTheFileIsLong()
    {
        const int elements = 1 << 18;
        var tensors = Enumerable.Range(0, 1000).Select(i => ($"w{i}", TensorBytes.Tensor(TensorBytes.Storage("0", elements), 0, [elements - i], [1])));
        var location = Compared.Locate(TensorBytes.Archive([.. tensors]).Add("archive/data/0", new byte[4 * elements]).Build(), []);
        var result = Compared.Run(location, Compared.Reference, Compared.Reference);

        Assert.Empty(result.Differences);
        Assert.False(result.AreEqual);
        Assert.Equal(CheckpointErrorIds.Unsupported, result.Faults[0].ErrorId);
        Assert.Contains("far more than the file has: they overlap", result.Faults[0].Message, StringComparison.Ordinal);
        Assert.InRange(location.BytesRead, 0, 40 * location.ByteLength + (40 << 20));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryReadCanBeCancelled(string name)
    {
        string path = FixtureFiles.PathOf(name);
        var location = MemoryLocation.Of(path);
        var checkpoint = Checkpoint.Open(location, path, Token);
        int before = location.Reads;
        new CheckpointComparison(checkpoint, checkpoint).Run(null, Token);
        int reads = location.Reads - before;
        for (int at = 0; at < Math.Min(reads, 10); at++)
        {
            // A read that takes its time is given the token that ends it.
            using var source = new CancellationTokenSource();
            int start = location.Reads;
            int last = at;
            location.BeforeRead = (number, token) =>
            {
                if (number - start >= last)
                {
                    Assert.True(token.CanBeCanceled);
                    source.Cancel();
                    token.ThrowIfCancellationRequested();
                }
            };
            Assert.ThrowsAny<OperationCanceledException>(() => new CheckpointComparison(checkpoint, checkpoint).Run(null, source.Token));
            location.BeforeRead = null;
        }

        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => new CheckpointComparison(checkpoint, checkpoint).Run(null, cancelled.Token));
    }

    private static IEnumerable<string> GetFiles(TensorInfo tensor) => tensor.Chunks?.Select(chunk => chunk.Source.Path) ?? [tensor.Path];
}
