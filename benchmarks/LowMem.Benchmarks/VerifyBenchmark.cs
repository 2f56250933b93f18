using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;
using LowMem.Checkpoints.Verification;

namespace LowMem.Benchmarks;

/// <summary>Verifies a model at the levels that read all of it, next to reading it and nothing more.</summary>
internal sealed class VerifyBenchmark : IBenchmark
{
    private const double MebiByte = 1 << 20;
    private const double TimeOverCat = 2;

    private static readonly VerificationLevel[] Levels = [VerificationLevel.Checksum, VerificationLevel.Values];

    public string Name => "verify";

    public Section Run(string directory, BenchmarkOptions options)
    {
        const string title = "Verifying";
        if (OperatingSystem.IsWindows())
        {
            return new Section(title, "Not measured: there is no `cat` to compare with.", []);
        }

        var path = Path.Combine(directory, "verify.pt");
        try
        {
            var model = WideBoringModel.ForSize(options.Sizes[0]);
            model.Write(path);
            var cats = new List<CaseResult>();
            var results = Levels.ToDictionary(level => level, _ => new List<CaseResult>());
            for (var run = 1; run <= options.Runs; run++)
            {
                Console.Error.WriteLine($"Verifying {options.Sizes[0]} MiB, run {run} of {options.Runs}");
                cats.Add(Contender.Cat(path));
                foreach (var level in Levels)
                {
                    results[level].Add(CaseProcess.Run(CaseProcess.Own(VerifyCase.Name, path, level.ToString())));
                }
            }

            var cat = CaseResult.Median(cats)[Step.Loaded].Seconds;
            return ToSection(title, model, cat, results.ToDictionary(entry => entry.Key, entry => CaseResult.Median(entry.Value)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Section ToSection(
        string title, WideBoringModel model, double cat, Dictionary<VerificationLevel, CaseResult> results)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"A float32 model of {model.GetByteLength() / MebiByte:0.0} MiB:");
        text.AppendLine();
        text.AppendLine("| | first, ms | again, ms | first over `cat` | again over `cat` | peak private growth, MiB |");
        text.AppendLine("|---|---:|---:|---:|---:|---:|");
        text.AppendLine(CultureInfo.InvariantCulture, $"| `cat` to /dev/null | {cat * 1000:0} | | 1.00 | | |");
        foreach (var (level, result) in results)
        {
            var (first, again) = (result[Step.Loaded].Seconds, result[Step.LoadedAgain].Seconds);
            text.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| `Test-Checkpoint -Level {level}` | {first * 1000:0} | {again * 1000:0} | {first / cat:0.00} | {again / cat:0.00} | {result.PeakGrowth / MebiByte:0.0} |"));
        }

        return new Section(
            title,
            text.ToString(),
            [.. results.Select(entry => Target.AtMost(
                $"verify, level {entry.Key}: time over `cat`", entry.Value[Step.Loaded].Seconds / cat, TimeOverCat, "{0:0.00} times"))]);
    }
}
