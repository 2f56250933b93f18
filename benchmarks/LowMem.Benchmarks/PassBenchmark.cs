using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Verification;

namespace LowMem.Benchmarks;

/// <summary>
/// Hashes a tensor that was transposed next to a contiguous one of the same size, and verifies a model with its manifest next to
/// <c>cat</c> and <c>sha256sum</c> of its file.
/// </summary>
internal sealed class PassBenchmark : IBenchmark
{
    private const double MebiByte = 1 << 20;
    private const long Rows = 3000;
    private const double TransposedOverContiguous = 4;

    private static readonly int[] TensorSizes = [37, 256];

    public string Name => "pass";

    public Section Run(string directory, BenchmarkOptions options)
    {
        const string title = "One pass";
        if (OperatingSystem.IsWindows())
        {
            return new Section(title, "Not measured: there is no `cat` to compare with.", []);
        }

        var text = new StringBuilder();
        text.AppendLine("| SHA-256 of a float32 tensor | first, ms | again, ms | again over contiguous | peak private growth, MiB |");
        text.AppendLine("|---|---:|---:|---:|---:|");
        var targets = new List<Target>();
        foreach (var size in TensorSizes)
        {
            targets.Add(RunHash(directory, size, options.Runs, text));
        }

        text.AppendLine();
        RunManifest(directory, options, text);
        return new Section(title, text.ToString(), targets);
    }

    private static Target RunHash(string directory, int size, int runs, StringBuilder text)
    {
        string[] kinds = ["contiguous", "transposed"];
        var paths = kinds.Select(kind => Path.Combine(directory, $"{kind}.pt")).ToArray();
        try
        {
            long[] shape = [Rows, (long)(size * MebiByte / sizeof(float) / Rows)];
            for (var i = 0; i < paths.Length; i++)
            {
                StateDictFile.Write(
                    paths[i], [("w", shape)], (zip, record, _, count) => zip.Add(record, RandomWeights.GetBlocks(count, 1), count * sizeof(float)), i > 0);
            }

            var results = paths.Select(_ => new List<CaseResult>()).ToArray();
            for (var run = 1; run <= runs; run++)
            {
                Console.Error.WriteLine($"Hashing {size} MiB, run {run} of {runs}");
                for (var i = 0; i < paths.Length; i++)
                {
                    results[i].Add(CaseProcess.Run(CaseProcess.Own(PassCase.Hash, paths[i])));
                }
            }

            var medians = results.Select(CaseResult.Median).ToArray();
            var least = medians[0][Step.LoadedAgain].Seconds;
            for (var i = 0; i < paths.Length; i++)
            {
                AppendRow(text, $"{kinds[i]}, {size} MiB", medians[i], [least]);
            }

            return Target.AtMost(
                $"hash {size} MiB: transposed over contiguous", medians[1][Step.LoadedAgain].Seconds / least, TransposedOverContiguous, "{0:0.00} times");
        }
        finally
        {
            Array.ForEach(paths, File.Delete);
        }
    }

    private static void RunManifest(string directory, BenchmarkOptions options, StringBuilder text)
    {
        var path = Path.Combine(directory, "manifest.pt");
        try
        {
            var model = WideBoringModel.ForSize(options.Sizes[0]);
            model.Write(path);
            CheckpointManifest.Create(Checkpoint.Open(path)).Write(path + ".json");
            string[] programs = ["cat", "sha256sum"];
            var others = programs.Select(_ => new List<CaseResult>()).ToArray();
            var own = new List<CaseResult>();
            for (var run = 1; run <= options.Runs; run++)
            {
                Console.Error.WriteLine($"Verifying {options.Sizes[0]} MiB with a manifest, run {run} of {options.Runs}");
                for (var i = 0; i < programs.Length; i++)
                {
                    others[i].Add(Contender.Cat(path, programs[i]));
                }

                own.Add(CaseProcess.Run(CaseProcess.Own(PassCase.Manifest, path)));
            }

            var seconds = others.Select(results => CaseResult.Median(results)[Step.Loaded].Seconds).ToArray();
            text.AppendLine(CultureInfo.InvariantCulture, $"A float32 model of {model.GetByteLength() / MebiByte:0.0} MiB:");
            text.AppendLine();
            text.AppendLine("| | first, ms | again, ms | again over `cat` | again over `sha256sum` | peak private growth, MiB |");
            text.AppendLine("|---|---:|---:|---:|---:|---:|");
            for (var i = 0; i < programs.Length; i++)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"| `{programs[i]}` | {seconds[i] * 1000:0} | | {seconds[i] / seconds[0]:0.00} | {seconds[i] / seconds[1]:0.00} | |");
            }

            AppendRow(text, "`Test-Checkpoint -Level Values -Manifest`", CaseResult.Median(own), seconds);
        }
        finally
        {
            File.Delete(path);
            File.Delete(path + ".json");
        }
    }

    private static void AppendRow(StringBuilder text, string name, CaseResult result, double[] over)
    {
        var (first, again) = (result[Step.Loaded].Seconds, result[Step.LoadedAgain].Seconds);
        text.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {first * 1000:0} | {again * 1000:0} | {string.Join(" | ", over.Select(other => (again / other).ToString("0.00", CultureInfo.InvariantCulture)))} | {result.PeakGrowth / MebiByte:0.0} |"));
    }
}
