using LowMem.Checkpoints;
using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Keys;

namespace LowMem.Fuzz;

/// <summary>Writes what can be read of a changed file in both formats, and wants to read the same from what was written.</summary>
internal static class ConversionInspection
{
    private const double MostBytes = 1 << 20;

    /// <summary>Converts a file.</summary>
    public static void Inspect(string path)
    {
        string folder = Path.Combine(Path.GetDirectoryName(path)!, "converted");
        foreach (string extension in (string[])[".safetensors", ".pt"])
        {
            try
            {
                Inspect(path, Path.Combine(folder, "out" + extension));
            }
            finally
            {
                if (Directory.Exists(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
        }
    }

    private static void Inspect(string path, string destination)
    {
        Checkpoint checkpoint;
        HashSet<string> held;
        ConversionReport report;
        try
        {
            checkpoint = Checkpoint.Open(path).WithoutAttributes();
            var tensors = checkpoint.Tensors.Where(tensor => tensor is { UnreadableReason: null, Layout: "strided", Quantization: null }).ToList();
            held = [.. tensors.Select(tensor => tensor.Key)];
            if (tensors.Sum(tensor => (double)tensor.ByteLength + tensor.GetStorageByteLength()) > MostBytes)
            {
                return;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(destination)!);
            var options = new ConversionOptions { Filter = new KeyChoice(held.Contains) };
            var plan = ConversionPlan.Create(checkpoint, ConversionDestination.Of(destination, isDirectory: false, format: null, path), options, default);
            report = new ConversionRun(plan, new ConversionSettings()).Run(null, default);
        }
        catch (CheckpointException)
        {
            // It cannot be read, or not be written so, and that is said. Nothing is left of it.
            if (Directory.Exists(Path.GetDirectoryName(destination)) && Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(destination)!).Any())
            {
                throw new InvalidOperationException("A conversion failed and left something behind.");
            }

            return;
        }

        var written = Checkpoint.Open(report.Path);
        if (written.Findings.Count > 0)
        {
            throw new InvalidOperationException($"What was written has a finding: {written.Findings[0].Message}");
        }

        var result = new CheckpointComparison(checkpoint, written, new ComparisonOptions { Includes = held.Contains }).Run(null, default);
        if (!result.AreEqual || written.Tensors.Count != report.TensorCount)
        {
            IEnumerable<object> reasons = [.. result.Faults.Select(fault => fault.Message), .. result.Differences];
            throw new InvalidOperationException($"What was written is something else: {string.Join("; ", reasons.Take(3))}");
        }
    }

    private sealed class KeyChoice(Func<string, bool> includes) : IKeyFilter
    {
        public IEnumerable<string> Unmatched => [];

        public bool Includes(string key) => includes(key);
    }
}
