using System.Diagnostics;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Formats;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>What opening a hostile file may cost: all that is allocated, garbage included, and a generous time.</summary>
internal static class Cost
{
    /// <summary>The promise is for memory at any one time; all allocations together are more than that.</summary>
    private const long MaxAllocated = 256L << 20;

    /// <summary>Milliseconds are expected: this ends work that has no end, on however busy a machine. The fuzzer holds the promise of two seconds.</summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromMinutes(2);

    /// <summary>Opens a file of at most 1 MiB; gives the checkpoint, or the one kind of error there is.</summary>
    public static (Checkpoint? Checkpoint, CheckpointException? Error) Open(byte[] content, long maxAllocated = MaxAllocated)
    {
        Assert.True(content.Length <= 1 << 20, $"the file has {content.Length} bytes");
        using var file = MutatedFile.With(content);
        long started = Stopwatch.GetTimestamp();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Checkpoint? checkpoint = null;
        CheckpointException? error = null;
        try
        {
            checkpoint = Checkpoint.Open(file.Path, TestContext.Current.CancellationToken);
        }
        catch (CheckpointException exception)
        {
            error = exception;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var elapsed = Stopwatch.GetElapsedTime(started);
        TestContext.Current.TestOutputHelper?.WriteLine($"{allocated >> 20} MiB allocated, {elapsed.TotalMilliseconds:F0} ms");
        Assert.True(allocated <= maxAllocated, $"{allocated >> 20} MiB were allocated");
        Assert.True(elapsed <= MaxTime, $"it took {elapsed.TotalSeconds:F1} s");
        return (checkpoint, error);
    }
}
