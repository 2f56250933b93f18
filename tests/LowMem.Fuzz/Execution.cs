using System.Diagnostics;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Verification;

namespace LowMem.Fuzz;

/// <summary>
/// What is done with each file: listed, verified, read. A <see cref="CheckpointException"/> is what a broken file gives;
/// anything else that comes out is a bug, and so is taking long.
/// </summary>
internal static class Execution
{
    private const int MaxRead = 1 << 16;

    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(2);

    public const long MaxAllocated = 512L << 20;

    /// <summary>Null when all is well, else what is not. What was slow once is tried again: the machine has other work.</summary>
    public static string? Run(string path) =>
        RunOnce(path) is { } problem ? problem.StartsWith("slow", StringComparison.Ordinal) ? RunOnce(path) : problem : null;

    private static string? RunOnce(string path)
    {
        long started = Stopwatch.GetTimestamp();
        long allocated = GC.GetTotalAllocatedBytes();
        try
        {
            Inspect(path);
        }
        catch (CheckpointException)
        {
            // The file is broken, and says so.
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        return elapsed > MaxTime ? $"slow: {elapsed.TotalSeconds:F1} s"
            : allocated > MaxAllocated ? $"memory: {allocated >> 20} MiB allocated"
            : null;
    }

    private static void Inspect(string path)
    {
        var checkpoint = Checkpoint.Open(path);
        _ = checkpoint.GetSummary();
        using var reader = new TensorDataReader();
        var buffer = new byte[MaxRead];
        foreach (var tensor in checkpoint.Tensors.SelectMany(tensor => tensor.Components.Values.Prepend(tensor)).Take(256))
        {
            if (tensor.UnreadableReason is not null)
            {
                continue;
            }

            try
            {
                int size = Math.Max(1, DType.Get(tensor.DType).ByteSize);
                int length = (int)Math.Min(tensor.ByteLength, MaxRead) / size * size;
                reader.Read(tensor, 0, buffer.AsSpan(0, length));
                reader.Read(tensor, tensor.ByteLength - length, buffer.AsSpan(0, length));
            }
            catch (CheckpointException)
            {
                // One tensor that cannot be read is no reason not to try the next.
            }
        }

        if (checkpoint.Tensors.Sum(tensor => (double)tensor.GetStorageByteLength()) < 1 << 22)
        {
            _ = CheckpointVerifier.Verify(path, new VerificationOptions { Level = VerificationLevel.Values });
        }
    }
}
