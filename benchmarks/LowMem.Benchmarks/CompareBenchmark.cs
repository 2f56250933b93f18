using System.Diagnostics;
using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>
/// Compares a checkpoint with a copy of itself, next to <c>cmp</c>, and with one of other values, next to PyTorch where it is there;
/// and with one whose tensors were transposed.
/// </summary>
internal sealed class CompareBenchmark : IBenchmark
{
    private const double MebiByte = 1 << 20;
    private const int Tensors = 8;

    /// <summary>Equal files are compared at no less than so much of the speed of <c>cmp</c>.</summary>
    private const double SpeedOverCmp = 0.6;

    private const double MostGrowth = 64 * MebiByte;

    private static readonly (string Name, string File, int Seed, bool IsTransposed)[] Others =
        [("equal", "copy.pt", 1, false), ("every value differs", "other.pt", 100, false), ("transposed", "transposed.pt", 1, true)];

    public string Name => "compare";

    public Section Run(string directory, BenchmarkOptions options)
    {
        const string title = "Comparing";
        if (OperatingSystem.IsWindows())
        {
            return new Section(title, "Not measured: there is no `cmp` to compare with.", []);
        }

        string reference = Path.Combine(directory, "reference.pt");
        string[] paths = [.. Others.Select(other => Path.Combine(directory, other.File))];
        try
        {
            long rows = (long)(options.Sizes[0] * MebiByte / Tensors / sizeof(float) / 4096);
            Write(reference, rows, 1, isTransposed: false);
            for (int i = 0; i < paths.Length; i++)
            {
                Write(paths[i], rows, Others[i].Seed, Others[i].IsTransposed);
            }

            File.Copy(reference, paths[0], overwrite: true);
            return Measure(title, reference, paths, options, rows * Tensors * 4096 * sizeof(float));
        }
        finally
        {
            Array.ForEach([reference, .. paths], File.Delete);
        }
    }

    private static void Write(string path, long rows, int seed, bool isTransposed)
    {
        int index = 0;
        StateDictFile.Write(
            path,
            [.. Enumerable.Range(0, Tensors).Select(number => ($"layers.{number}.weight", new[] { rows, 4096L }))],
            (zip, record, _, count) => zip.Add(record, RandomWeights.GetBlocks(count, seed + (2 * index++)), count * sizeof(float)),
            isTransposed);
    }

    private static Section Measure(string title, string reference, string[] paths, BenchmarkOptions options, long bytes)
    {
        var python = PythonTorch.Find();
        var cmp = new List<CaseResult>();
        var own = paths.Select(_ => new List<CaseResult>()).ToArray();
        var theirs = paths.Select(_ => new List<CaseResult>()).ToArray();
        for (int run = 1; run <= options.Runs; run++)
        {
            Console.Error.WriteLine($"Comparing two files of {options.Sizes[0]} MiB, run {run} of {options.Runs}");
            cmp.Add(Contender.Cat(reference, $"cmp '{paths[0]}'"));
            for (int i = 0; i < paths.Length; i++)
            {
                own[i].Add(CaseProcess.Run(CaseProcess.Own(CompareCase.Name, reference, paths[i])));
                // It takes minutes, and its order of magnitude is what counts.
                if (python is not null && run == 1)
                {
                    theirs[i].Add(CaseProcess.Run(new ProcessStartInfo(
                        python.Program, [Path.Combine(AppContext.BaseDirectory, "python", "compare.py"), reference, paths[i]])));
                }
            }
        }

        double least = CaseResult.Median(cmp)[Step.Loaded].Seconds;
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Two float32 models of {bytes / MebiByte:0} MiB each:");
        text.AppendLine();
        text.AppendLine("| | first, ms | again, ms | again over `cmp` | peak private growth, MiB |");
        text.AppendLine("|---|---:|---:|---:|---:|");
        text.AppendLine(CultureInfo.InvariantCulture, $"| `cmp`, equal | {least * 1000:0} | | 1.00 | |");
        var targets = new List<Target>();
        for (int i = 0; i < paths.Length; i++)
        {
            var result = CaseResult.Median(own[i]);
            AppendRow(text, $"`Compare-Checkpoint`, {Others[i].Name}", result, least);
            if (theirs[i].Count > 0)
            {
                AppendRow(text, $"PyTorch {python!.Version}, {Others[i].Name}, run once", CaseResult.Median(theirs[i]), least);
            }

            targets.Add(Target.AtMost($"compare, {Others[i].Name}: peak private growth", result.PeakGrowth / MebiByte, (i == 2 ? 2 : 1) * MostGrowth / MebiByte, "{0:0} MiB"));
        }

        double speed = least / CaseResult.Median(own[0])[Step.Loaded].Seconds;
        targets.Insert(0, Target.AtLeast("compare equal files: speed over `cmp`, the first time in a process", speed, SpeedOverCmp, "{0:0.00} times"));
        return new Section(title, text.ToString(), targets);
    }

    private static void AppendRow(StringBuilder text, string name, CaseResult result, double over)
    {
        var (first, again) = (result[Step.Loaded].Seconds, result[Step.LoadedAgain].Seconds);
        text.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {first * 1000:0} | {again * 1000:0} | {again / over:0.00} | {result.PeakGrowth / MebiByte:0.0} |"));
    }
}
