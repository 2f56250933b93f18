using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;
using LowMem.Loader;
using LowMem.Loader.Skeletons.Definition.Text;

namespace LowMem.Fuzz;

/// <summary>
/// What is done with each file. A <see cref="CheckpointException"/> is what a broken one gives; anything else that comes out
/// is a bug, and so is taking long.
/// </summary>
internal static class Execution
{
    private const int MaxRead = 1 << 16;

    /// <summary>Of the processor, not of the clock: the machine may have other work.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(2);

    public const long MaxAllocated = 512L << 20;

    /// <summary>Null when all is well, else what is not.</summary>
    public static string? Run(Action<string> inspect, string path)
    {
        var started = Environment.CpuUsage.TotalTime;
        long allocated = GC.GetTotalAllocatedBytes();
        try
        {
            inspect(path);
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }

        var elapsed = Environment.CpuUsage.TotalTime - started;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        return elapsed > MaxTime ? $"slow: {elapsed.TotalSeconds:F1} s"
            : allocated > MaxAllocated ? $"memory: {allocated >> 20} MiB allocated"
            : null;
    }

    /// <summary>Lists, summarises, reads and verifies a checkpoint.</summary>
    public static void Inspect(string path)
    {
        try
        {
            var checkpoint = Checkpoint.Open(path);
            _ = checkpoint.GetSummary();
            Read(checkpoint);
            if (IsSmall(checkpoint))
            {
                _ = CheckpointVerifier.Verify(path, new VerificationOptions { Level = VerificationLevel.Values });
            }
        }
        catch (CheckpointException)
        {
            // The file is broken, and says so.
        }
    }

    /// <summary>Opens a checkpoint, changes the file, and reads what was listed: it is another file then, and that is said.</summary>
    public static void InspectChanging(string path)
    {
        try
        {
            var checkpoint = Checkpoint.Open(path);
            Change(path);
            _ = checkpoint.GetSummary();
            Read(checkpoint);
            _ = CheckpointManifest.Create(checkpoint);
        }
        catch (CheckpointException)
        {
            // The file is broken, or not the one that was opened, and that is said.
        }
    }

    // What is changed follows from the content, so that an input that fails once fails again.
    private static void Change(string path)
    {
        var content = File.ReadAllBytes(path);
        int place = (int)(content.Aggregate(17u, (hash, value) => unchecked((hash * 31) + value)) % (uint)Math.Max(1, content.Length));
        switch (place % 3)
        {
            case 0:
                content = content[..place];
                break;
            case 1:
                content = [.. content, .. content];
                break;
            default:
                content[place] ^= 0x55;
                break;
        }

        File.WriteAllBytes(path, content);
    }

    /// <summary>Reads a manifest, and writes it again.</summary>
    public static void ReadManifest(string path)
    {
        try
        {
            CheckpointManifest.Read(path).Write(path + ".again");
        }
        catch (CheckpointException)
        {
            // It is no manifest, and that is said.
        }
    }

    /// <summary>The bytes of the manifest of a checkpoint; empty when it has none.</summary>
    public static byte[] MakeManifest(string path)
    {
        string written = Path.GetTempFileName();
        try
        {
            CheckpointManifest.Create(Checkpoint.Open(path)).Write(written);
            return File.ReadAllBytes(written);
        }
        catch (CheckpointException)
        {
            return [];
        }
        finally
        {
            File.Delete(written);
        }
    }

    /// <summary>Parses the text that <c>print(model)</c> gives, and the arguments in it; nothing is built of it.</summary>
    public static void ParseDefinition(string path)
    {
        try
        {
            var text = new DefinitionText(DefinitionText.ReadFile(path), path);
            var nodes = new Stack<DefinitionNode>([DefinitionParser.Parse(text, CancellationToken.None)]);
            while (nodes.TryPop(out var node))
            {
                _ = ArgumentParser.Parse(text, node);
                node.Children.ForEach(nodes.Push);
            }
        }
        catch (ModelException)
        {
            // It is no such text, and that is said.
        }
    }

    private static void Read(Checkpoint checkpoint)
    {
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
    }

    private static bool IsSmall(Checkpoint checkpoint) =>
        checkpoint.Tensors.Sum(tensor => (double)tensor.GetStorageByteLength()) < 1 << 22;
}
